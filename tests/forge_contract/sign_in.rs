//! Signing in over the wire: what our side makes of what GitHub's side answers, with the look-alike in GitHub's place.

use base64::Engine as _;
use greenline::adapter::github::SignIn;
use greenline::config::service::{GithubConfig, SignInConfig};
use greenline::ids::AppId;
use greenline::port::{Identity, Outcome, Trouble};
use greenline::sandbox::{Lookalike, Options};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PAGE: &str = "http://127.0.0.1:7";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

struct Stage {
    look: Lookalike,
    base: String,
    _dir: tempfile::TempDir,
}

impl Stage {
    async fn open() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let look = Lookalike::open(dir.path(), Options::default()).expect("a new state");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("it is bound"));
        look.set_base_url(&base);
        look.set_callback_url(&format!("{PAGE}/sign-in/callback"));
        let app = look.router();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { look, base, _dir: dir }
    }

    fn sign_in(&self, base: &str, secret: &str, page: &str) -> SignIn {
        let settings = SignInConfig {
            client_id: self.look.identities().client.0,
            client_secret: SecretString::from(secret.to_owned()),
        };
        let github = GithubConfig {
            api_url: format!("{base}/api/v3"),
            git_url: base.to_owned(),
            app_id: AppId::new(1),
            private_key: SecretString::from(""),
            webhook_secrets: vec![],
            slug: None,
            sign_in: None,
        };
        SignIn::new(&github, &settings, page).expect("the addresses are right")
    }

    /// The code that somebody is sent back with.
    async fn code(&self, sign_in: &SignIn, login: &str) -> String {
        let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let url = sign_in.authorize_url("state", &challenge);
        let path = url.strip_prefix(&self.base).expect("it is a page of the forge");
        let mut stream = TcpStream::connect(self.base.trim_start_matches("http://")).await.expect("it listens");
        let request = format!("GET {path}&login={login} HTTP/1.0\r\nhost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers");
        let (_, rest) = answer.split_once("?code=").unwrap_or_else(|| panic!("no code in {answer}"));
        rest.split('&').next().expect("something").to_owned()
    }
}

#[tokio::test]
async fn a_code_says_who_somebody_is_once() {
    let stage = Stage::open().await;
    let sign_in = stage.sign_in(&stage.base, &stage.look.identities().client.1, PAGE);
    let code = stage.code(&sign_in, "maintainer").await;
    let Ok(Outcome::Done(person)) = sign_in.redeem(&code, VERIFIER).await else { panic!("it is good") };
    assert_eq!((person.login.as_str(), person.bot), ("maintainer", false));
    assert!(
        matches!(sign_in.redeem(&code, VERIFIER).await, Ok(Outcome::Rejected(why)) if why.contains("used already"))
    );
    let code = stage.code(&sign_in, "user").await;
    assert!(matches!(sign_in.redeem(&code, "a guess").await, Ok(Outcome::Rejected(_))));
}

#[tokio::test]
async fn what_only_a_setting_can_mend_names_the_setting_and_silence_is_unknown() {
    let stage = Stage::open().await;
    let right = stage.look.identities().client.1;
    let sign_in = stage.sign_in(&stage.base, &right, PAGE);
    let wrong = stage.sign_in(&stage.base, "another secret", PAGE);
    let code = stage.code(&sign_in, "maintainer").await;
    let denied = wrong.redeem(&code, VERIFIER).await;
    assert!(matches!(&denied, Err(Trouble::Denied(why)) if why.contains("client_secret_file")), "{denied:?}");
    assert!(!format!("{denied:?}").contains("another secret"));
    let elsewhere = stage.sign_in(&stage.base, &right, "http://127.0.0.1:8").redeem(&code, VERIFIER).await;
    assert!(
        matches!(&elsewhere, Err(Trouble::Denied(why)) if why.contains("http://127.0.0.1:8/sign-in/callback")),
        "{elsewhere:?}"
    );
    let silent = stage.sign_in("http://127.0.0.1:1", &right, PAGE).redeem(&code, VERIFIER).await;
    assert!(matches!(silent, Ok(Outcome::Unknown(_))), "{silent:?}");
}
