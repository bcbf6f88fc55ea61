//! Settings files as their owners write them: what is right, and for what is wrong every problem at once with its line.

use greenline::config::{BYTES_MAX, Problem, RepoConfig, SecretFile, ServiceConfig, Surroundings};
use std::io;
use std::path::{Path, PathBuf};

#[path = "config/delivery.rs"]
mod delivery;
#[path = "config/sign_in.rs"]
mod sign_in;
#[path = "config/start.rs"]
mod start;

mod repository {
    use super::*;
    use greenline::config::freeze::FreezeConfig;
    use greenline::config::repo::{Forks, Interrupt, PlanConfig};
    use greenline::facts::{InnerMerges, Permission, RequiredCheck, Strategy};
    use greenline::ids::{AppId, CandidateSeq};
    use greenline::message::Place;

    fn problems(text: &str) -> Vec<String> {
        let problems = RepoConfig::parse(text).expect_err("the text is wrong");
        problems.iter().map(ToString::to_string).collect()
    }

    fn only_problem(text: &str) -> Problem {
        let mut problems = RepoConfig::parse(text).expect_err(text);
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        problems.remove(0)
    }

    #[test]
    fn an_empty_file_is_all_defaults() {
        assert_eq!(RepoConfig::parse(""), Ok(RepoConfig::default()));
        assert_eq!(RepoConfig::parse("[checks]\r\n[queue]\r\n"), Ok(RepoConfig::default()));
    }

    #[test]
    fn every_setting_is_read() {
        let config = RepoConfig::parse(include_str!("../fixtures/config/every-setting.toml")).expect("it is right");
        assert_eq!(config.queue.label, "ship it");
        assert_eq!(config.queue.plan, PlanConfig::Pipeline { depth: 6 });
        assert_eq!((config.queue.budget, config.queue.tries, config.queue.every_tip), (12, 2, true));
        assert!(config.queue.review_asks && config.rules.no_self_merge);
        assert_eq!((config.rules.approvals, config.rules.mergers.len()), (2, 3));
        assert!(config.rules.code_owners && config.rules.last_push_approved && config.rules.conversations_resolved);
        assert_eq!(config.rules.blocking_labels, ["do not merge"]);
        assert!(config.rules.blocking_titles[0].matches("WIP: not yet"));
        assert!(!config.rules.blocking_titles[0].matches("wiping the floor"));
        let check = |name: &str, app| RequiredCheck { name: name.parse().expect("a name"), app };
        assert_eq!(
            config.checks.required,
            [check("ci", Some(AppId::new(15368))), check("lint", Some(AppId::new(123))), check("ci/jenkins", None)]
        );
        assert_eq!(config.checks.skipped_passes.len(), 1);
        assert_eq!(config.checks.neutral_passes.len(), 1);
        assert_eq!((config.checks.start_deadline_ms, config.checks.finish_deadline_ms), (900_000, 5_400_000));
        assert_eq!(config.merge.strategy, Strategy::Squash);
        assert_eq!(config.merge.inner_merges, InnerMerges::Flatten);
        let messages = &config.merge.messages;
        assert!(messages.merge.uses(Place::Author) && messages.squash.uses(Place::Body));
        assert_eq!((messages.trailers.len(), messages.cut_body_after.as_deref()), (3, Some("---")));
        assert_eq!((config.merge.forks, config.merge.delete_branch), (Forks::MergeCommit, true));
        assert_eq!(config.candidate.tag.name(CandidateSeq::new(7)), "rc-0007");
        assert_eq!((config.queue.interrupt, config.queue.hotfix_label.as_deref()), (Interrupt::Hotfix, Some("hotfix")));
        freeze(&config.freeze);
    }

    fn freeze(freeze: &FreezeConfig) {
        assert_eq!((freeze.zone.name(), freeze.by), ("Europe/Berlin", Permission::Admin));
        let [weekend, year_end] = freeze.windows.as_slice() else { panic!("{freeze:?}") };
        assert_eq!(
            (weekend.window.zone.name(), weekend.reason.as_str()),
            ("Europe/Berlin", "nobody is there at the weekend")
        );
        assert_eq!(weekend.exempt, freeze.exempt, "a window has what the section says");
        let usual = &freeze.exempt;
        assert_eq!(
            (usual.labels.as_slice(), usual.users.as_slice()),
            (&["security".to_owned()][..], &["octocat".parse().expect("a login")][..])
        );
        assert_eq!((usual.priority, usual.hotfix), (Some(50), false));
        assert_eq!((year_end.window.zone.name(), year_end.exempt.labels.len()), ("America/New_York", 0));
        assert!(year_end.exempt.hotfix && year_end.exempt.users == usual.users);
    }

    #[test]
    fn what_is_wrong_with_a_freeze_is_told_with_a_way_to_mend_it() {
        let told = problems(
            "[freeze]\ntime_zone = \"Europe/Berln\"\nby = \"everybody\"\nexempt_users = [\"@ann!\"]\n\
             [[freeze.windows]]\nwhen = \"weekends\"\nreason = \"\"\n[[freeze.windows]]\nwhen = \"mon-sun\"\n",
        );
        let expected = [
            "line 2: freeze.time_zone: `Europe/Berln` is no time zone; did you mean `Europe/Berlin`?",
            "line 3: freeze.by: `everybody` is not a word for it",
            "line 4: freeze.exempt_users[1]: `@ann!` is no login",
            "line 6: freeze.windows[1].when: `weekends` is no stretch of time — write for example \"fri 16:00 - mon 08:00\"",
            "line 7: freeze.windows[1].reason: has 0 characters",
            "line 8: freeze.windows[2].reason: is missing",
            "line 9: freeze.windows[2].when: `mon-sun` never ends",
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(expected), "{told}\n{expected}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_one_says_why() {
        // What would need more than one look at each letter of a title is not in the language at all.
        for pattern in ["(", "", "a{1000}{1000}", "(?=x)", "(a)\\\\1"] {
            let text = format!("[rules]\nblocking_titles = [\"{pattern}\"]");
            assert_eq!(only_problem(&text).line, Some(2), "{pattern}");
        }
        let config = RepoConfig::parse("[rules]\nmergers = [\"@acme/core\", \"@ann\"]").expect("a team and a person");
        assert_eq!(config.rules.mergers.iter().map(ToString::to_string).collect::<Vec<_>>(), ["acme/core", "ann"]);
        assert!(only_problem("[rules]\nmergers = [\"@acme/core/deep\"]").hint.contains("team"));
    }

    /// Not a timed test: by trying one way after the other this would not end.
    #[test]
    fn a_pattern_that_bombs_other_engines_is_matched_at_once() {
        let config =
            RepoConfig::parse("[rules]\nblocking_titles = [\"^(a+)+$\", \"(x+x+)+y\"]").expect("they are patterns");
        for pattern in &config.rules.blocking_titles {
            assert!(!pattern.matches(&("a".repeat(30_000) + &"x".repeat(30_000) + "!")));
        }
    }

    #[test]
    fn a_pipeline_may_use_all_it_asks_for_and_a_batch_has_its_size() {
        let config = RepoConfig::parse("[queue]\ndepth = 10").expect("it is right");
        assert_eq!((config.queue.plan, config.queue.budget), (PlanConfig::Pipeline { depth: 10 }, 10));
        let config =
            RepoConfig::parse("[queue]\nstrategy = \"batch\"\nbatch_size = 3\ndepth = 9").expect("it is right");
        assert_eq!(config.queue.plan, PlanConfig::Batch { size: 3 });
    }

    #[test]
    fn every_problem_is_told_at_once_in_order_of_lines() {
        let told = problems(include_str!("../fixtures/config/many-mistakes.toml")).join("\n");
        let expected = include_str!("../fixtures/config/many-mistakes.expected");
        assert_eq!(told, expected.trim_end(), "\n--- told:\n{told}\n");
    }

    #[test]
    fn a_syntax_error_has_line_and_column() {
        let problem = only_problem("[queue]\nlabel = ready\n");
        assert_eq!(problem.line, Some(2));
        assert!(problem.what.contains("column 9"), "{problem}");
        assert_eq!(only_problem("[queue]\ndepth = 1\ndepth = 2\n").line, Some(3));
        let deep = format!("x = {}", "[".repeat(20_000));
        assert!(!problems(&deep).is_empty());
    }

    #[test]
    fn to_require_nothing_must_be_said_in_so_many_words() {
        let problem = only_problem("[checks]\nrequired = []\n");
        assert_eq!((problem.line, problem.key.as_str()), (Some(2), "checks.required"));
        let config = RepoConfig::parse("[checks]\nrequired = []\nallow_no_checks = true").expect("it is said");
        assert!(config.checks.allow_no_checks);
        assert_eq!(
            only_problem("[checks]\nrequired = [{ name = \"ci\", app = \"any\" }]\nallow_no_checks = true").line,
            Some(3)
        );
    }

    #[test]
    fn numbers_and_times_out_of_range_name_the_range() {
        for (text, range) in [
            ("[queue]\ndepth = 0", "1 to 64"),
            ("[queue]\ndepth = 99999999999999999999", "1 to 64"),
            ("[queue]\ntries = -1", "1 to 10"),
            ("[checks]\nstart_deadline = \"0s\"", "1s to 7d"),
            ("[checks]\nstart_deadline = \"-5m\"", "1s to 7d"),
            ("[checks]\nfinish_deadline = \"3650d\"", "1s to 7d"),
            ("[checks]\nfinish_deadline = \"1h30\"", "1s to 7d"),
        ] {
            let problem = only_problem(text);
            assert_eq!(problem.line, Some(2));
            assert!(problem.hint.contains(range), "{problem}");
        }
    }

    #[test]
    fn large_files_are_refused_and_many_problems_are_cut_short() {
        let problem = only_problem(&"#".repeat(BYTES_MAX + 1));
        assert!(problem.what.contains("65537 bytes"), "{problem}");
        let many: Vec<String> = (0..6_000).map(|key| format!("k{key}=1\n")).collect();
        let problems = problems(&many.concat());
        assert!(problems.len() <= 51, "{}", problems.len());
        assert!(problems.iter().any(|p| p.contains("5950 more")), "{problems:?}");
    }

    #[test]
    fn a_file_cut_off_anywhere_is_right_or_told_where_it_is_wrong() {
        let whole = include_str!("../fixtures/config/many-mistakes.toml");
        for end in 0..whole.len() {
            let text = format!("{}]", &whole[..end]);
            let lines = text.lines().count();
            for problem in RepoConfig::parse(&text).err().unwrap_or_default() {
                assert!(problem.line.is_none_or(|line| (1..=lines).contains(&line)), "{problem} in\n{text}");
                assert!(!problem.hint.is_empty(), "{problem}");
            }
        }
    }

    #[test]
    fn what_is_repeated_of_a_file_is_harmless() {
        let told = problems("\"<script>\\u202e`x\\n\" = 1\n[queue]\nlabel = \"\\u0007\"\nstrategy = \"`@everyone`\"")
            .join("\n");
        assert!(!told.contains('\u{202e}') && !told.contains('\u{7}') && !told.contains("`@everyone``"), "{told}");
    }
}

mod command_line {
    use std::fs;
    use std::path::Path;
    use std::process::{Command, Output};

    fn check_config(folder: &Path, files: &[&str]) -> (Option<i32>, String) {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_greenline"))
            .arg("check-config")
            .args(files)
            .current_dir(folder)
            .output()
            .expect("the program was built");
        assert_eq!(String::from_utf8_lossy(&stderr), "");
        (status.code(), String::from_utf8_lossy(&stdout).into_owned())
    }

    #[test]
    fn without_files_it_looks_for_the_usual_two() {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let (code, told) = check_config(folder.path(), &[]);
        assert_eq!(code, Some(2));
        assert!(
            told.starts_with("nothing to check: neither bot.toml nor .github/greenline.toml exists here"),
            "{told}"
        );

        fs::create_dir(folder.path().join(".github")).expect("it is our folder");
        fs::write(folder.path().join(".github/greenline.toml"), "").expect("it is our folder");
        let ok = ".github/greenline.toml: ok, a repository's settings\n";
        assert_eq!(check_config(folder.path(), &[]), (Some(0), ok.into()));

        fs::write(folder.path().join("bot.toml"), "[github]\napp_id = 0\n").expect("it is our folder");
        let (code, told) = check_config(folder.path(), &[]);
        assert_eq!(code, Some(1));
        assert!(told.contains("bot.toml:2: github.app_id: is 0, which is out of range"), "{told}");
        assert!(told.ends_with(ok), "{told}");
    }

    #[test]
    fn a_file_by_another_name_is_known_by_its_sections() {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        fs::write(folder.path().join("a.toml"), "[store]\npath = 1\n").expect("it is our folder");
        fs::write(folder.path().join("b.toml"), "[queue]\nlabel = 1\n").expect("it is our folder");
        let (code, told) = check_config(folder.path(), &["b.toml", "a.toml", "gone.toml"]);
        assert_eq!(code, Some(2));
        for expected in ["b.toml:2: queue.label: is the number 1", "a.toml:2: store.path:", "gone.toml: cannot be read"]
        {
            assert!(told.contains(expected), "{expected} is not in\n{told}");
        }
    }

    #[test]
    fn the_projects_own_queue_waits_for_a_check_that_its_ci_reports() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(root.join(".github/greenline.toml")).expect("the project queues itself");
        let config = greenline::config::RepoConfig::parse(&text).expect("it is right");
        let workflow = fs::read_to_string(root.join(".github/workflows/ci.yml")).expect("the project has CI");
        for check in config.checks.required {
            assert!(workflow.contains(&format!("\n  {}:\n", check.name)), "no job `{}` in ci.yml", check.name);
        }
    }
}

mod service {
    use super::*;
    use secrecy::{ExposeSecret, SecretString};

    const PEM: &str = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n";

    fn secret(path: &Path) -> io::Result<SecretFile> {
        let (text, open_to_all) = match path.to_str() {
            Some("/etc/greenline/private-key.pem") => (PEM, false),
            Some("/etc/greenline/webhook-secret" | "/run/second") => ("It's a Secret to Everybody\n", false),
            Some("/etc/greenline/open.pem") => (PEM, true),
            Some("/etc/greenline/short") => ("abc\n", false),
            _ => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(SecretFile { text: SecretString::from(text.to_owned()), open_to_all })
    }

    fn parse(text: &str, env: &[(&str, &str)]) -> Result<ServiceConfig, Vec<Problem>> {
        let env: Vec<_> = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ServiceConfig::parse(text, &Surroundings { folder: Path::new("/etc/greenline"), env: &env, secret: &secret })
    }

    fn problems(text: &str, env: &[(&str, &str)]) -> String {
        let problems = parse(text, env).expect_err("the text is wrong");
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    const EXAMPLE: &str = include_str!("../bot.toml.example");

    #[test]
    fn the_example_is_right_and_so_is_every_default_it_shows() {
        let config = parse(EXAMPLE, &[]).expect("the example is right");
        let shown: Vec<&str> = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
            .filter(|line| !line.starts_with("public_url") && !line.starts_with("slug"))
            .filter(|line| !line.starts_with("signing_key_file") && !line.starts_with("client_"))
            .collect();
        let with_defaults = parse(&shown.join("\n"), &[]).expect("the defaults it shows are right");
        assert_eq!(format!("{config:?}"), format!("{with_defaults:?}"));
    }

    #[test]
    fn paths_begin_at_the_files_folder_and_secrets_are_read_and_hidden() {
        let config = parse(EXAMPLE, &[]).expect("the example is right");
        assert_eq!(config.store.path, PathBuf::from("/etc/greenline/greenline.db"));
        assert_eq!(config.git.cache_dir, PathBuf::from("/etc/greenline/cache"));
        assert_eq!(config.github.private_key.expose_secret(), PEM);
        assert_eq!(config.github.webhook_secrets[0].expose_secret(), "It's a Secret to Everybody");
        assert_eq!(config.github.git_url, "https://github.com");
        let printed = format!("{config:?}");
        assert!(!printed.contains("Everybody") && !printed.contains("MIIE"), "{printed}");
    }

    #[test]
    fn tokens_of_the_api_are_read_with_every_mistake_in_them() {
        let digest = "0A".repeat(32);
        let right = format!("{EXAMPLE}\n[[api.token]]\nname = \"bot\"\nlogin = \"ann\"\nsha256 = \"{digest}\"\n");
        let config = parse(&right, &[]).expect("it is right");
        let [token] = config.api.tokens.as_slice() else { panic!("{:?}", config.api) };
        assert_eq!((token.name.as_str(), token.login.as_str(), token.repositories.as_deref()), ("bot", "ann", None));
        assert_eq!(token.sha256, digest.to_ascii_lowercase());
        let secret = "greenline_0123456789abcdef";
        let wrong = format!(
            "{right}repositories = [\"widget\"]\n[[api.token]]\nname = \"b b\"\nsha256 = \"{secret}\"\n\
             [[api.token]]\nname = \"bot\"\nlogin = \"ben\"\nsha256 = \"{}\"\nscope = 1\n",
            "1".repeat(64)
        );
        let told: Vec<String> = parse(&wrong, &[]).expect_err("it is wrong").iter().map(ToString::to_string).collect();
        let told = told.join("\n");
        for part in [
            "`widget` is no repository",
            "`b b` is no name",
            "login: is missing",
            "is no SHA-256 digest",
            "stands here twice",
            "scope",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains(secret), "{told}");
    }

    #[test]
    fn what_may_deploy_is_read_with_every_mistake_in_it() {
        let deploy = "[deploy]\nprograms = [\"acme/widget\"]\n[[deploy.webhook]]\nurl = \"https://deploy.example.com/\"\n\
             secret_file = \"webhook-secret\"\nrepositories = [\"acme/widget\"]\n[[deploy.remote]]\nurl = \"/srv/live.git\"\n";
        let example = EXAMPLE.replace("[deploy]\n", deploy);
        let config = parse(&example, &[]).expect("it is right").deploy;
        assert_eq!(config.dir, PathBuf::from("/etc/greenline/deployments"));
        assert_eq!((config.programs.len(), config.private_addresses, config.remotes.len()), (1, false, 1));
        let [webhook] = config.webhooks.as_slice() else { panic!("{config:?}") };
        assert_eq!(webhook.url, "https://deploy.example.com");
        let (ours, other) = ("acme/widget".parse().expect("a name"), "acme/other".parse().expect("a name"));
        assert!(webhook.serves(&ours) && !webhook.serves(&other) && config.remotes[0].serves(&other));
        assert!(!format!("{config:?}").contains("Everybody"));
        let wrong = EXAMPLE.replace(
            "[deploy]\n",
            "[deploy]\nprograms = [\"all\"]\nshell = true\n[[deploy.webhook]]\nurl = \"ftp://x\"\nsecret_file = \"short\"\n\
             [[deploy.webhook]]\n[[deploy.remote]]\nurl = \"http://git.example.com/x\"\n",
        );
        let told = problems(&wrong, &[]);
        for part in [
            "`all` is no repository",
            "shell",
            "`ftp://x`",
            "fewer than 16",
            "url: is missing",
            "secret_file: is missing",
            "in the clear",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    #[test]
    fn the_environment_stands_above_the_file() {
        let env = [
            ("GREENLINE__SERVER__LISTEN", "[::]:9000"),
            ("GREENLINE__GITHUB__API_URL", "https://git.acme.example/api/v3"),
            ("GREENLINE__GITHUB__APP_ID", "77"),
            ("GREENLINE__GITHUB__WEBHOOK_SECRET_FILES", "webhook-secret, /run/second"),
            ("GREENLINE__GIT__PUSHES_PER_MINUTE", "0"),
            ("GREENLINE__LOG__JSON", "true"),
        ];
        let config = parse(EXAMPLE, &env).expect("all of it is right");
        assert_eq!(config.server.listen.port(), 9000);
        assert_eq!(config.github.git_url, "https://git.acme.example");
        assert_eq!(config.github.app_id.get(), 77);
        assert_eq!(config.github.webhook_secrets.len(), 2);
        assert_eq!(config.git.pushes_per_minute, None);
        assert!(config.log.json);
    }

    #[test]
    fn a_wrong_variable_is_told_by_its_name() {
        let told = problems(
            EXAMPLE,
            &[
                ("GREENLINE__SERVER__LISTNE", "x"),
                ("GREENLINE__SEVER__LISTEN", "x"),
                ("GREENLINE__LISTEN", "x"),
                ("GREENLINE__GITHUB__APP_ID", "12a"),
                ("GREENLINE__LOG__JSON", "yes"),
            ],
        );
        for expected in [
            "GREENLINE__SERVER__LISTNE: there is no such setting — did you mean `listen`?",
            "GREENLINE__SEVER__LISTEN",
            "did you mean `server`?",
            "GREENLINE__LISTEN: this variable names no setting",
            "GREENLINE__GITHUB__APP_ID: is the text `12a`",
            "GREENLINE__LOG__JSON: is the text `yes` — write true or false",
        ] {
            assert!(told.contains(expected), "{expected} is not in\n{told}");
        }
    }

    #[test]
    fn what_is_missing_is_told_all_at_once() {
        let told = problems("", &[]);
        assert_eq!(told.lines().count(), 3, "{told}");
        for key in ["github.app_id", "github.private_key_file", "github.webhook_secret_files"] {
            assert!(told.contains(&format!("{key}: is missing")), "{told}");
        }
    }

    #[test]
    fn bad_secrets_are_told_with_what_to_do() {
        let text = |key: &str, secrets: &str| {
            format!("[github]\napp_id = 1\nprivate_key_file = \"{key}\"\nwebhook_secret_files = {secrets}\n")
        };
        for (key, secrets, expected) in [
            (
                "gone.pem",
                "[\"webhook-secret\"]",
                "line 3: github.private_key_file: cannot read `/etc/greenline/gone.pem`",
            ),
            ("open.pem", "[\"webhook-secret\"]", "chmod 600 /etc/greenline/open.pem"),
            ("webhook-secret", "[\"webhook-secret\"]", "holds no private key in PEM form"),
            ("private-key.pem", "[]", "line 4: github.webhook_secret_files: names 0 files"),
            ("private-key.pem", "[\"a\", \"b\", \"c\"]", "has 3 items — at most 2"),
            ("private-key.pem", "[\"short\"]", "openssl rand -hex 32"),
            ("private-key.pem", "\"webhook-secret\"", "write a list in square brackets"),
        ] {
            let told = problems(&text(key, secrets), &[]);
            assert_eq!(told.lines().count(), 1, "{told}");
            assert!(told.contains(expected), "{expected} is not in {told}");
            assert!(!told.contains("abc"), "a secret is never repeated: {told}");
        }
    }

    #[test]
    fn tokens_are_never_sent_in_the_clear() {
        let told = problems(
            &EXAMPLE.replace("#api_url = \"https://api.github.com\"", "api_url = \"http://ghe.example/api/v3\""),
            &[],
        );
        assert!(told.contains("in the clear"), "{told}");
        let told = problems(
            &EXAMPLE.replace("#api_url = \"https://api.github.com\"", "api_url = \"https://ghe.example\""),
            &[],
        );
        assert!(told.contains("git_url"), "{told}");
    }
}
