//! People are told: by Telegram, mail and requests, as they want it, whatever the other side does.

use std::time::Duration;

use cloud_server::roles::now;
use cloud_store::{NewNotice, NoticeEvent, Role, Severity};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::standins::hooks::Hooks;
use testkit::standins::smtp::{Mailbox, Smtp};
use testkit::standins::telegram::{Mood, Telegram};
use testkit::wait::wait_for;

use super::support::{Caller, Cloud};

const LIMIT: Duration = Duration::from_secs(60);

/// A cloud with stand-ins around it, and an owner.
struct Told {
    cloud: Cloud,
    owner: Caller,
    telegram: Telegram,
    smtp: Smtp,
    hooks: Hooks,
}

impl Told {
    async fn start(name: &str) -> Self {
        let (telegram, smtp, hooks) =
            (Telegram::start().unwrap(), Smtp::start().unwrap(), Hooks::start().unwrap());
        let settings = format!(
            "[notify]\nwebhooks_allow_private = true\npoll_ms = 20\nlongest_pause_ms = 1000\n\
             [telegram]\ntoken = \"test\"\nurl = \"{}\"\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"Till <till@shop.example>\"\n",
            telegram.url(),
            smtp.port(),
        );
        let cloud = Cloud::start(name, &settings).await;
        let org = cloud.organisation("acme").await;
        let owner = cloud.person(&org, "owner", &[(Role::Owner, None)]).await;
        Self { cloud, owner, telegram, smtp, hooks }
    }

    async fn ask(&self, method: Method, path: &str, body: Value, status: StatusCode) -> Value {
        self.cloud.send(&self.owner, method, path, body, status).await
    }

    /// An address that its code confirmed, with everything wanted there.
    async fn reach(&self, channel: &str, address: &str) -> String {
        let form = json!({"channel": channel, "address": address});
        let made = self.ask(Method::POST, "/api/v1/notice-addresses", form, StatusCode::CREATED).await;
        let id = made["id"].as_str().unwrap().to_owned();
        let code = wait_for("the code", LIMIT, || self.code_at(channel, address)).unwrap();
        let path = format!("/api/v1/notice-addresses/{id}/confirmation");
        self.ask(Method::POST, &path, json!({"code": "x"}), StatusCode::CONFLICT).await;
        self.ask(Method::POST, &path, json!({"code": code}), StatusCode::NO_CONTENT).await;
        let wanted = json!({"address": id, "least": "info", "pace": "at_once"});
        self.ask(Method::POST, "/api/v1/notice-subscriptions", wanted, StatusCode::CREATED).await;
        id
    }

    fn code_at(&self, channel: &str, address: &str) -> Option<String> {
        let text = match channel {
            "telegram" => {
                self.telegram.messages().into_iter().rev().find(|message| message.chat == address)?.text
            }
            "email" => self.smtp.mails().into_iter().rev().find(|mail| mail.contains(address))?,
            _ => self.hooks.taken().into_iter().rev().find(|hook| address.ends_with(&hook.path))?.body,
        };
        let digits = text.split(|letter: char| !letter.is_ascii_digit()).find(|part| part.len() == 6);
        digits.map(str::to_owned)
    }

    async fn raise(&self, key: &str) -> u64 {
        let notice = NewNotice {
            store: None,
            event: NoticeEvent::BackupFailed,
            severity: Severity::Critical,
            key: key.to_owned(),
            data: json!({"problem": format!("disk <{key}> is full")}),
        };
        self.cloud.store.raise_notice(&self.owner.org, &notice, now()).await.unwrap().unwrap().0
    }

    async fn inbox(&self) -> Value {
        self.cloud.get_as(&self.owner, "/api/v1/notices?language=ru").await.json().await.unwrap()
    }

    async fn addresses(&self) -> Vec<Value> {
        let path = "/api/v1/notice-addresses";
        let list: Value = self.cloud.get_as(&self.owner, path).await.json().await.unwrap();
        list["items"].as_array().unwrap().clone()
    }

    /// Waits until every delivery is that far.
    async fn wait_settled(&self, state: &str, count: usize) {
        let path = format!("/api/v1/notice-deliveries?state={state}&limit=500");
        for _ in 0..600 {
            let list: Value = self.cloud.get_as(&self.owner, &path).await.json().await.unwrap();
            if list["items"].as_array().unwrap().len() == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let list: Value =
            self.cloud.get_as(&self.owner, "/api/v1/notice-deliveries").await.json().await.unwrap();
        panic!("there are not {count} deliveries {state}: {list}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_reaches_whoever_wants_it_where_they_are() {
    let told = Told::start("notify").await;
    told.reach("telegram", "4711").await;
    told.reach("email", "ann@shop.example").await;
    told.reach("webhook", &told.hooks.url("hook")).await;
    let id = told.raise("disk-1").await;
    told.wait_settled("sent", 6).await;

    let message = told.telegram.messages().pop().unwrap();
    assert!(
        message.text.contains("disk &lt;disk-1&gt; is full") && message.text.contains("#n"),
        "{}",
        message.text
    );
    let mail = told.smtp.mails().pop().unwrap();
    assert!(
        mail.contains("Message-ID: <notice-") && mail.contains("Auto-Submitted: auto-generated"),
        "{mail}"
    );
    assert!(mail.contains("disk <disk-1> is full") && mail.contains("&lt;disk-1&gt;"), "{mail}");
    let hook = told.hooks.taken().pop().unwrap();
    let body: Value = serde_json::from_str(&hook.body).unwrap();
    assert_eq!((body["type"].as_str(), body["data"]["id"].as_u64()), (Some("backup_failed"), Some(id)));
    assert!(hook.headers["webhook-signature"].starts_with("v1,"), "{hook:?}");
    assert_eq!(hook.headers["webhook-id"], hook.headers["idempotency-key"]);

    let inbox = told.inbox().await;
    assert_eq!(inbox["items"][0]["subject"], "Резервная копия не создана");
    assert_eq!((&inbox["items"][0]["read"], inbox["items"][0].get("acknowledged_by")), (&json!(false), None));
    told.telegram.press(666, &format!("ack:{id}"));
    told.telegram.press(4711, &format!("ack:{id}"));
    for _ in 0..600 {
        if told.inbox().await["items"][0].get("acknowledged_by").is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let by = told.inbox().await["items"][0]["acknowledged_by"].clone();
    assert_eq!(by, format!("user:{}", told.owner.user), "only whom it was sent to");
    let unread = async || -> Value {
        told.cloud.get_as(&told.owner, "/api/v1/notices/unread").await.json().await.unwrap()
    };
    assert_eq!(unread().await["unread"], 1);
    told.ask(Method::PUT, "/api/v1/notices/read", json!({"up_to": id}), StatusCode::NO_CONTENT).await;
    assert_eq!(unread().await["unread"], 0);
    told.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_for_now_is_tried_again_and_what_fails_for_good_is_seen() {
    let told = Told::start("notify-fails").await;
    for (channel, address) in [
        ("telegram", "1"),
        ("telegram", "2"),
        ("email", "grey@a.example"),
        ("email", "gone@a.example"),
        ("email", "cut@a.example"),
    ] {
        told.reach(channel, address).await;
    }
    told.reach("webhook", &told.hooks.url("busy")).await;
    told.telegram.set_mood("1", Mood::Fails(2));
    told.telegram.set_mood("2", Mood::Blocked);
    told.smtp.set_mailbox("grey@a.example", Mailbox::Greylists(2));
    told.smtp.set_mailbox("gone@a.example", Mailbox::Missing);
    told.smtp.set_mailbox("cut@a.example", Mailbox::Breaks);
    told.hooks.answer_next("busy", &[503, 500]);
    told.raise("disk-2").await;
    told.wait_settled("dead", 2).await;
    told.wait_settled("sent", 6 + 4).await;
    let off: Vec<Value> =
        told.addresses().await.into_iter().filter(|one| one.get("off_at_ms").is_some()).collect();
    let names: Vec<&str> = off.iter().map(|one| one["address"].as_str().unwrap()).collect();
    assert_eq!(names, ["2", "gone@a.example"]);
    assert!(off[0]["off_reason"].as_str().unwrap().contains("blocked"), "{off:?}");
    told.telegram.set_mood("1", Mood::Forgets);
    told.raise("disk-3").await;
    told.wait_settled("sent", 6 + 4 + 4).await;
    told.wait_settled("dead", 2).await;
    let again = told.telegram.messages().into_iter().filter(|message| message.text.contains("disk-3"));
    let says_so: Vec<bool> = again.map(|message| message.text.contains("may have come before")).collect();
    assert_eq!(says_so, [false, true], "no answer came, so it is said again, and says that it is");
    told.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telegrams_limits_are_kept_so_that_nothing_is_refused() {
    let told = Told::start("notify-limits").await;
    for chat in ["1", "2", "3", "4", "5", "6"] {
        told.reach("telegram", chat).await;
    }
    for number in 0..6 {
        told.raise(&format!("disk-{number}")).await;
    }
    told.wait_settled("sent", 6 + 36).await;
    assert_eq!(told.telegram.refused(), 0);
    assert_eq!(told.telegram.messages().len(), 42);
    told.cloud.stop().await;
}

#[tokio::test]
async fn alertmanagers_alerts_come_and_go() {
    let cloud = Cloud::start("alerts", "").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "owner", &[(Role::Owner, None)]).await;
    let grant = json!({"name": "Alertmanager", "grant": {"role": "technician"}});
    let made = cloud.send(&owner, Method::POST, "/api/v1/service-tokens", grant, StatusCode::CREATED).await;
    let token = made["token"].as_str().unwrap().to_owned();
    let tell = async |version: &str, status: &str, fingerprint: &str| {
        let alert = json!({
            "status": status,
            "labels": {"alertname": "TillDown", "severity": "critical", "store": "main", "till": "till-1"},
            "annotations": {"summary": "The till is away"},
            "startsAt": "2026-01-02T12:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus/graph", "fingerprint": fingerprint,
        });
        let group = json!({"version": version, "groupKey": "{}", "status": status, "receiver": "tillsight",
            "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://a", "alerts": [alert]});
        let request = cloud.request(Method::POST, "/api/v1/alerts/alertmanager").bearer_auth(&token);
        let response = request.json(&group).send().await.unwrap();
        (response.status(), response.json::<Value>().await.unwrap())
    };
    let counted = |raised: u32, settled: u32, unchanged: u32| json!({"raised": raised, "settled": settled, "unchanged": unchanged});
    assert_eq!(tell("4", "firing", "a1").await, (StatusCode::OK, counted(1, 0, 0)));
    assert_eq!(tell("4", "firing", "a1").await, (StatusCode::OK, counted(0, 0, 1)));
    let open = async || -> Value {
        cloud.get_as(&owner, "/api/v1/notices?open=true&event=alert").await.json().await.unwrap()
    };
    let shown = open().await;
    assert_eq!(shown["items"][0]["subject"], "TillDown: The till is away");
    assert_eq!(
        (&shown["items"][0]["severity"], &shown["items"][0]["store"]),
        (&json!("critical"), &json!("main"))
    );
    assert_eq!(tell("4", "resolved", "a1").await, (StatusCode::OK, counted(0, 1, 0)));
    assert_eq!(tell("4", "resolved", "a2").await, (StatusCode::OK, counted(0, 0, 1)));
    assert!(open().await["items"].as_array().unwrap().is_empty());
    assert_eq!(tell("3", "firing", "a1").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    cloud.stop().await;
}

#[tokio::test]
async fn an_organisations_own_words_are_tried_before_they_are_kept() {
    let cloud = Cloud::start("words", "").await;
    let org = cloud.organisation("acme").await;
    let owner = cloud.person(&org, "owner", &[(Role::Owner, None)]).await;
    let path = "/api/v1/notice-templates/low_stock/en";
    let words = |body: &str| json!({"subject": "Order {{ product }}", "body": body});
    let refused = cloud
        .send(&owner, Method::PUT, path, words("a\n{{ prodct }}"), StatusCode::UNPROCESSABLE_ENTITY)
        .await;
    assert_eq!((refused["part"].as_str(), refused["line"].as_u64()), (Some("body"), Some(2)), "{refused}");
    let kept = cloud.send(&owner, Method::PUT, path, words("{{ on_hand }} left"), StatusCode::OK).await;
    assert_eq!(kept["version"], 1);
    let notice = NewNotice {
        store: None,
        event: NoticeEvent::LowStock,
        severity: Severity::Warning,
        key: "apple".to_owned(),
        data: json!({"product": "Apple", "on_hand": 3}),
    };
    cloud.store.raise_notice(&org, &notice, now()).await.unwrap();
    let inbox = async || -> Value { cloud.get_as(&owner, "/api/v1/notices").await.json().await.unwrap() };
    assert_eq!(
        (&inbox().await["items"][0]["subject"], &inbox().await["items"][0]["text"]),
        (&json!("Order Apple"), &json!("3 left"))
    );
    let kept = cloud.send(&owner, Method::PUT, path, words(""), StatusCode::OK).await;
    assert_eq!(kept["version"], 2, "without text the built-in words count again");
    assert_eq!(inbox().await["items"][0]["subject"], "Little is left: Apple");
    let form = json!({"event": "alert", "template": {"subject": "{{ name }}", "body": "{{ summary }}", "html": "<b>{{ summary }}</b>"}, "data": {"name": "N", "summary": "<i>"}});
    let preview =
        cloud.send(&owner, Method::POST, "/api/v1/notice-templates/preview", form, StatusCode::OK).await;
    assert!(preview["html"].as_str().unwrap().contains("<b>&lt;i&gt;</b>"), "{preview}");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_told_is_told_once_that_it_is_over() {
    let told = Told::start("notify-over").await;
    told.reach("telegram", "4711").await;
    told.reach("email", "ann@shop.example").await;
    let hook = told.reach("webhook", &told.hooks.url("hook")).await;
    let quiet = json!({"address": hook, "least": "info", "pace": "at_once", "tell_settled": false});
    told.ask(Method::POST, "/api/v1/notice-subscriptions", quiet, StatusCode::CREATED).await;
    told.raise("disk-1").await;
    told.wait_settled("sent", 6).await;
    let first = told.telegram.messages().len();
    let settle = async |key: &str| {
        told.cloud.store.settle_notice(&told.owner.org, NoticeEvent::BackupFailed, key, now()).await.unwrap()
    };
    assert!(settle("disk-1").await);
    told.wait_settled("sent", 8).await;
    let answer = told.telegram.messages().pop().unwrap();
    assert!(answer.text.contains("Over: "), "{}", answer.text);
    assert_eq!(answer.reply_to, Some(i64::try_from(first).unwrap()), "it answers what was sent");
    let mail = told.smtp.mails().pop().unwrap();
    assert!(mail.contains("In-Reply-To: <notice-") && mail.contains("References: <notice-"), "{mail}");
    assert!(told.hooks.taken().iter().all(|one| !one.body.contains("settled_at")), "nobody asked for it");

    // Of what is no more than a warning only those who asked for it are told the end.
    let warning = NewNotice {
        store: None,
        event: NoticeEvent::LowStock,
        severity: Severity::Warning,
        key: "apple".to_owned(),
        data: json!({"product": "Apple", "on_hand": 3}),
    };
    let loud = json!({"address": hook, "event": "low_stock", "least": "info", "pace": "at_once", "tell_settled": true});
    told.ask(Method::POST, "/api/v1/notice-subscriptions", loud, StatusCode::CREATED).await;
    told.cloud.store.raise_notice(&told.owner.org, &warning, now()).await.unwrap().unwrap();
    told.wait_settled("sent", 11).await;
    told.cloud.store.settle_notice(&told.owner.org, NoticeEvent::LowStock, "apple", now()).await.unwrap();
    told.wait_settled("sent", 12).await;
    let hook: Value = serde_json::from_str(&told.hooks.taken().pop().unwrap().body).unwrap();
    assert_eq!((&hook["type"], &hook["data"]["event"]), (&json!("settled"), &json!("low_stock")));
    let list = async |query: &str| -> usize {
        let path = format!("/api/v1/notice-deliveries?{query}");
        let list: Value = told.cloud.get_as(&told.owner, &path).await.json().await.unwrap();
        list["items"].as_array().unwrap().len()
    };
    assert_eq!((list("event=settled").await, list("event=settled&channel=webhook").await), (3, 1));
    assert_eq!((list(&format!("person={}", told.owner.user)).await, list("state=dead").await), (12, 0));
    for bad in ["event=x", "channel=x", "person=x"] {
        let path = format!("/api/v1/notice-deliveries?{bad}");
        let answer = told.cloud.get_as(&told.owner, &path).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    told.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_to_some_reaches_them_and_says_who_missed_it() {
    let told = Told::start("notify-all").await;
    let org = told.owner.org.clone();
    told.cloud.shop(&org, "second").await;
    told.reach("telegram", "4711").await;
    let clerk = told.cloud.person(&org, "clerk", &[(Role::Clerk, Some("second"))]).await;
    let auditor = told.cloud.person(&org, "auditor", &[(Role::Auditor, None)]).await;
    let manager = told.cloud.person(&org, "manager", &[(Role::Manager, Some("second"))]).await;
    let preview =
        async |form: Value| told.ask(Method::POST, "/api/v1/broadcasts/preview", form, StatusCode::OK).await;
    let say = |more: Value| {
        let mut form = json!({"subject": "Tomorrow", "text": "We close at noon.", "channels": ["telegram"]});
        form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        form
    };
    let all = preview(say(json!({}))).await;
    assert_eq!((&all["recipients"], &all["inbox_only"]), (&json!(4), &json!(3)));
    assert_eq!(all["channels"], json!([{"channel": "telegram", "people": 1}]));
    assert_eq!(all["words"][0]["text"], "We close at noon.");
    let of = async |more: Value| preview(say(more)).await["recipients"].as_u64().unwrap();
    assert_eq!(of(json!({"roles": ["auditor"]})).await, 1);
    assert_eq!(of(json!({"stores": ["second"]})).await, 4, "those of everywhere are there too");
    assert_eq!(of(json!({"stores": ["second", "main"], "roles": ["clerk"]})).await, 1);
    assert_eq!(of(json!({"people": [clerk.user.to_string(), auditor.user.to_string()]})).await, 2);
    for (bad, why) in [
        (json!({"people": ["nobody"]}), "nobody is none of them"),
        (json!({"people": [clerk.user.to_string()], "roles": ["clerk"]}), "one or the other"),
    ] {
        let path = "/api/v1/broadcasts";
        let refused = told.ask(Method::POST, path, say(bad), StatusCode::UNPROCESSABLE_ENTITY).await;
        assert!(refused["detail"].as_str().unwrap().contains("`people`"), "{why}: {refused}");
    }
    let inbox = async |caller: &Caller| -> usize {
        let list: Value = told.cloud.get_as(caller, "/api/v1/notices").await.json().await.unwrap();
        list["items"].as_array().unwrap().len()
    };
    assert_eq!(inbox(&clerk).await, 0, "nobody was told by looking");

    let made = told.ask(Method::POST, "/api/v1/broadcasts", say(json!({})), StatusCode::CREATED).await;
    assert_eq!((inbox(&clerk).await, inbox(&auditor).await), (1, 1), "those of a single store too");
    let two = json!({"people": [clerk.user.to_string(), told.owner.user.to_string()]});
    told.ask(Method::POST, "/api/v1/broadcasts", say(two), StatusCode::CREATED).await;
    assert_eq!((inbox(&clerk).await, inbox(&auditor).await), (2, 1));
    told.wait_settled("sent", 1 + 2).await;
    let read = json!({"up_to": made["id"]});
    told.cloud.send(&auditor, Method::PUT, "/api/v1/notices/read", read, StatusCode::NO_CONTENT).await;
    let path = format!("/api/v1/broadcasts/{}", made["id"]);
    let whole: Value = told.cloud.get_as(&told.owner, &path).await.json().await.unwrap();
    assert_eq!((&whole["recipients"], &whole["read"], &whole["sent"]), (&json!(4), &json!(1), &json!(1)));
    let missed: Vec<_> =
        whole["missed"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!((missed, &whole["missed_count"]), (vec!["unreached", "unreached"], &json!(2)), "{whole}");
    let listed: Value = told.cloud.get_as(&told.owner, "/api/v1/broadcasts").await.json().await.unwrap();
    assert_eq!((&listed["items"][0]["named"], &listed["items"][1]["named"]), (&json!(2), &json!(0)));

    // A manager of one store sees what was told there alone.
    let path = "/api/v1/broadcasts";
    told.cloud.send(&manager, Method::POST, path, say(json!({})), StatusCode::FORBIDDEN).await;
    let here = say(json!({"store": "second"}));
    told.cloud.send(&manager, Method::POST, path, here, StatusCode::CREATED).await;
    let listed: Value = told.cloud.get_as(&manager, path).await.json().await.unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    let whole = told.cloud.get_as(&manager, &format!("{path}/{}", made["id"])).await;
    assert_eq!(whole.status(), StatusCode::FORBIDDEN);
    told.cloud.stop().await;
}
