//! What is read of YAML and TOML, and what is refused before it costs anything.

use super::*;

fn yaml(text: &str) -> Node {
    Node::yaml(text).expect(text)
}

#[test]
fn yaml_values_have_kinds_and_lines() {
    let root = yaml("on: push\na: [1, -2, 3.10, '3.10', yes, true, ~]\nb:\n  c: |\n    x\n    y\n");
    assert_eq!(root.get("on").and_then(Node::text), Some("push"));
    let list: Vec<_> = root.get("a").expect("a list").items().iter().map(Node::scalar).collect();
    let told: Vec<_> = list.iter().map(|item| item.as_deref().unwrap_or("nothing")).collect();
    assert_eq!(told, ["1", "-2", "3.1", "3.10", "yes", "true", "nothing"]);
    let block = root.get("b").and_then(|b| b.entries().first()).expect("an entry");
    assert_eq!((block.line, block.node.text()), (4, Some("x\ny\n")));
    assert_eq!(yaml("").value, Value::Nothing);
    assert_eq!(yaml("# nothing\n").value, Value::Nothing);
}

#[test]
fn aliases_and_merge_keys_are_resolved_and_keep_their_lines() {
    let root = yaml("base: &b\n  x: 1\n  y: 2\nuse:\n  <<: *b\n  y: 3\nboth: { <<: [*b, { z: 4 }] }\n");
    let used = root.get("use").expect("a table");
    assert_eq!(used.get("x").map(|x| (x.line, x.whole())), Some((2, Some(1))));
    assert_eq!(used.get("y").and_then(Node::whole), Some(3));
    assert_eq!(root.get("both").and_then(|both| both.get("z")).and_then(Node::whole), Some(4));
}

#[test]
fn what_is_wrong_in_yaml_has_its_line() {
    for (text, line, what) in [
        ("a: 1\nb: [1\nc: 2\n", 3, "not YAML"),
        ("a: 1\na: 2\n", 2, "`a` stands here a second time"),
        ("a: 1\n---\nb: 1\n", 2, "second document"),
        ("a: &x [*x]\n", 1, "inside of what it names"),
        ("a: *nowhere\n", 1, "not YAML"),
        ("{ [1]: 2 }\n", 1, "must be a word"),
    ] {
        let broken = Node::yaml(text).expect_err(text);
        assert!(broken.line == line && broken.what.contains(what), "{text}: {broken}");
    }
}

#[test]
fn bombs_do_not_go_off() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let before = level - 1;
        let ten = vec![format!("*a{before}"); 10].join(", ");
        bomb = format!("{bomb}a{level}: &a{level} [{ten}]\n");
    }
    assert!(Node::yaml(&bomb).expect_err("too many").what.contains("copies by alias"));
    for deep in ["[", "{a: ", "- ", "? "] {
        let broken = Node::yaml(&deep.repeat(20_000)).expect_err(deep);
        assert!(broken.what.contains("levels") || broken.what.contains("not YAML"), "{deep}: {broken}");
    }
    assert!(Node::yaml(&"#".repeat(BYTES_MAX + 1)).is_err());
    assert!(Node::toml(&"#".repeat(BYTES_MAX + 1)).is_err());
    assert!(Node::toml(&format!("a = {}", "[".repeat(20_000))).is_err());
}

#[test]
fn toml_is_the_same_tree_in_order_of_lines() {
    let root =
        Node::toml("z = 1\n[b]\nlist = [\n  \"x\",\n  \"y\",\n]\n[a.c]\nday = 2024-01-01\n").expect("it is TOML");
    assert_eq!(root.entries().iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["z", "b", "a"]);
    let list = root.get("b").and_then(|b| b.get("list")).expect("a list");
    assert_eq!(list.items().iter().map(|item| item.line).collect::<Vec<_>>(), [4, 5]);
    let broken = Node::toml("a = 1\nb = ]\n").expect_err("it is no TOML");
    assert_eq!(broken.line, 2);
}
