//! 1C brings a catalogue in pieces, and the cloud is killed between them, while one is on its way, and while it is asked how far it is.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rand::RngExt as _;
use reqwest::Method;
use serde_json::json;

use super::shelf::shown;
use super::{LIFE_ROOT, PATIENCE, Rig, items};

/// Pieces that a file is sent in.
const PIECES: usize = 12;
/// Products that 1C brings, at most.
const PRODUCTS_MAX: usize = 1_500;
/// The square root of how many milliseconds after a request has begun the cloud is killed under it.
const UNDER_WAY_ROOT: std::ops::Range<u64> = 0..7;

/// Somebody who speaks as 1C does.
struct Accountant {
    http: reqwest::Client,
    address: String,
    token: String,
}

impl Accountant {
    /// A step of the exchange; what 1C is told.
    async fn step(&self, method: Method, query: &str, body: Vec<u8>) -> anyhow::Result<String> {
        let request = self.http.request(method, format!("{}?{query}", self.address));
        let answer = request.basic_auth("1c", Some(&self.token)).body(body).send().await?;
        ensure!(answer.status().is_success(), "`{query}` was answered {}", answer.status());
        Ok(answer.text().await?)
    }
}

/// A whole exchange, and the same once more without kills: the second changes nothing.
pub(super) async fn exchange(rig: &mut Rig) -> anyhow::Result<()> {
    let token = json!({"name": "1C", "grant": {"role": "manager"}});
    let token = rig.client.ask(Method::POST, "/api/v1/service-tokens", Some(&token)).await?;
    let one_c = Accountant {
        http: reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?,
        address: format!("http://{}/api/v1/exchange/1c", rig.cloud.gateway),
        token: token["token"].as_str().context("a token is told once")?.to_owned(),
    };
    let products = rig.plan.rows.min(PRODUCTS_MAX);
    let (import, offers, prices) = files(products, rig);
    let before = imports(rig).await?;
    // A piece that is cut off by the crash is not answered, and 1C begins anew; as often as it takes.
    let mut kills_under_way = rig.plan.kills.min(3);
    'exchange: loop {
        one_c.step(Method::GET, "type=catalog&mode=init", vec![]).await?;
        for (name, file) in [("import.xml", &import), ("offers.xml", &offers)] {
            for piece in file.as_bytes().chunks(file.len().div_ceil(PIECES)) {
                let query = format!("type=catalog&mode=file&filename={name}");
                let sent = one_c.step(Method::POST, &query, piece.to_vec());
                if kills_under_way > 0 && rig.rng.random_bool(0.2) {
                    kills_under_way -= 1;
                    let (answered, killed) = tokio::join!(sent, kill_within(rig, UNDER_WAY_ROOT));
                    killed?;
                    if answered.is_err() {
                        continue 'exchange;
                    }
                    continue;
                }
                let said = sent.await?;
                ensure!(said == "success\n", "a piece of `{name}` was answered {said}");
                if rig.report.exchange_kills < rig.plan.kills && rig.rng.random_bool(0.1) {
                    kill(rig).await?;
                }
            }
        }
        break;
    }
    let said = taken(rig, &one_c, rig.plan.kills.min(6)).await?;
    rig.expect(said.starts_with(&format!("success\n{products} products were written, 0 rows")), || {
        format!("1C was told {said:?}")
    });
    let made = imports(rig).await? - before;
    rig.expect(made == 1, || format!("1C's exchange became {made} imports"));
    check(rig, &prices).await?;
    let again = taken(rig, &one_c, 0).await?;
    let made = imports(rig).await? - before;
    rig.expect(again == said && made == 1, || format!("asked again 1C was told {again:?}, {made} imports"));
    Ok(())
}

async fn kill(rig: &mut Rig) -> anyhow::Result<()> {
    rig.report.exchange_kills += 1;
    rig.kill().await
}

async fn kill_within(rig: &mut Rig, roots: std::ops::Range<u64>) -> anyhow::Result<()> {
    rig.live(roots).await;
    kill(rig).await
}

/// Asks until the import has come to an end.
async fn taken(rig: &mut Rig, one_c: &Accountant, mut kills: u32) -> anyhow::Result<String> {
    let until = Instant::now() + PATIENCE;
    loop {
        let asked = one_c.step(Method::GET, "type=catalog&mode=import&filename=import.xml", vec![]);
        if kills > 0 {
            kills -= 1;
            // The first time it is killed while it is asked, later ones while it works.
            let moment = if kills.is_multiple_of(2) { UNDER_WAY_ROOT } else { LIFE_ROOT };
            let (answered, killed) = tokio::join!(asked, kill_within(rig, moment));
            killed?;
            if let Ok(said) = answered
                && !said.starts_with("progress\n")
            {
                return Ok(said);
            }
            continue;
        }
        let said = asked.await?;
        if !said.starts_with("progress\n") {
            return Ok(said);
        }
        ensure!(Instant::now() < until, "1C is still told {said:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn imports(rig: &Rig) -> anyhow::Result<usize> {
    let listed = rig.client.ask(Method::GET, "/api/v1/catalogue/imports?limit=500", None).await?;
    Ok(items(&listed).len())
}

/// Every product is there as 1C has it, and costs what it was sent with, once.
async fn check(rig: &mut Rig, prices: &[i64]) -> anyhow::Result<()> {
    let found = rig.products().await?;
    let brought = found.iter().filter(|stored| stored.product.id.as_str().starts_with("1c-")).count();
    rig.expect(brought == prices.len(), || {
        format!("{brought} products are of 1C instead of {}", prices.len())
    });
    for (number, price) in prices.iter().enumerate() {
        let id = format!("1c-{number}");
        let stored = found.iter().find(|stored| stored.product.id.as_str() == id);
        let is_right = stored.is_some_and(|stored| {
            let product = &stored.product;
            product.name.get("ru") == format!("Товар {number}")
                && product.price.amount.minor == *price
                && stored.category.as_deref() == Some("Напитки")
        });
        rig.expect(is_right, || format!("`{id}` is {stored:?}"));
        let Some(stored) = stored else { continue };
        let history = rig.store.price_history(&rig.org, &stored.product.id, None, None, 10).await?;
        rig.expect(history.len() == 1, || format!("`{id}` had the prices {history:?}"));
    }
    Ok(())
}

/// `import.xml`, `offers.xml`, and what each product costs.
fn files(products: usize, rig: &mut Rig) -> (String, String, Vec<i64>) {
    let prices: Vec<i64> = (0..products).map(|_| rig.rng.random_range(100..90_000)).collect();
    let (mut goods, mut offers) = (String::new(), String::new());
    for (number, price) in prices.iter().enumerate() {
        let cost = shown(*price);
        write!(
            goods,
            "<Товар><Ид>1c-{number}</Ид><Артикул>1С-{number}</Артикул><Наименование>Товар {number}</Наименование>\
             <БазоваяЕдиница Код=\"796\">шт</БазоваяЕдиница><Группы><Ид>g</Ид></Группы><СтавкиНалогов><СтавкаНалога>\
             <Наименование>НДС</Наименование><Ставка>7</Ставка></СтавкаНалога></СтавкиНалогов></Товар>"
        )
        .expect("a text takes everything");
        write!(
            offers,
            "<Предложение><Ид>1c-{number}</Ид><Цены><Цена><ЦенаЗаЕдиницу>{cost}</ЦенаЗаЕдиницу><Валюта>EUR</Валюта></Цена></Цены></Предложение>"
        )
        .expect("a text takes everything");
    }
    let root = |inside: String| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><КоммерческаяИнформация ВерсияСхемы=\"2.08\">{inside}</КоммерческаяИнформация>"
        )
    };
    let groups = "<Классификатор><Группы><Группа><Ид>g</Ид><Наименование>Напитки</Наименование></Группа></Группы></Классификатор>";
    let import = root(format!("{groups}<Каталог><Товары>{goods}</Товары></Каталог>"));
    let offers = root(format!("<ПакетПредложений><Предложения>{offers}</Предложения></ПакетПредложений>"));
    (import, offers, prices)
}
