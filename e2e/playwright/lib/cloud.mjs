/** A running cloud whose page is looked at. */

import assert from "node:assert/strict";
import { accessible, LANDSCAPE, shot, still, TELEPHONE, visit } from "./browser.mjs";

export const CLOUD_URL = process.env.CLOUD_URL?.replace(/\/$/, "") ?? "";
export const EMAIL = process.env.CLOUD_EMAIL ?? "";
export const PASSWORD = process.env.CLOUD_PASSWORD ?? "";

/** What each language calls what these tests touch. */
export const WORDS = {
  en: { email: "E-mail address", password: "Password", signIn: "Sign in", signOut: "Sign out", language: "Language", colours: "Colours" },
  ru: { email: "Адрес почты", password: "Пароль", signIn: "Войти", signOut: "Выйти", language: "Язык", colours: "Цвета" },
};

/** The page before anybody signed in, in a language. */
export async function arrive(browser, options = {}) {
  const { language = "en", ...rest } = options;
  const visited = await visit(browser, CLOUD_URL, { locale: language === "ru" ? "ru-RU" : "en-IE", ...rest });
  await visited.page.locator("form").waitFor();
  return { ...visited, words: WORDS[language] };
}

export async function signIn(page, words, password = PASSWORD) {
  await page.getByLabel(words.email).fill(EMAIL);
  await page.getByLabel(words.password).fill(password);
  await page.getByRole("button", { name: words.signIn }).click();
}

/**
 * The fleet as somebody sees it who signed in. The session is begun beside the page, so that many visits make few of them:
 * passwords are hashed slowly on purpose.
 */
export async function enter(browser, options = {}) {
  const { language = "en", before, ...rest } = options;
  const cookies = await session();
  const visited = await visit(browser, CLOUD_URL, {
    locale: language === "ru" ? "ru-RU" : "en-IE",
    ...rest,
    before: async (page) => {
      await page.context().addCookies(cookies);
      await page.addInitScript((code) => {
        // Once: what is chosen on the page afterwards stays.
        if (localStorage.getItem("tillsight.signed-in") === null) {
          localStorage.setItem("tillsight.signed-in", "yes");
          localStorage.setItem("tillsight.language", code);
        }
      }, language);
      await before?.(page);
    },
  });
  return { ...visited, words: WORDS[language] };
}

let begun;

/** One session of these tests, as the browser's cookies. */
async function session() {
  begun ??= (async () => {
    const answer = await fetch(`${CLOUD_URL}/api/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: EMAIL, password: PASSWORD }),
    });
    const [pair = ""] = (answer.headers.get("set-cookie") ?? "").split(";");
    const [name, value] = pair.split("=");
    // `__Host-` asks for TLS. The browser sends such a cookie to this machine without it, but takes it only as if with it.
    const url = CLOUD_URL.replace("http:", "https:");
    return [{ name, value, url, secure: true, httpOnly: true, sameSite: "Strict" }];
  })();
  return begun;
}

/** Something that nobody on the page did, by the page's own session: what the cloud answers, or `null` for nothing. */
export async function send(page, method, path, data) {
  const session = await (await page.request.get(`${CLOUD_URL}/api/v1/session`)).json();
  const answer = await page.request.fetch(CLOUD_URL + path, { method, data, headers: { "x-csrf-token": session.csrf_token } });
  assert.ok(answer.ok(), `${path}: ${await answer.text()}`);
  return answer.status() === 204 ? null : answer.json();
}

/** Answers some paths of the API with what a test says, in place of the cloud. `answer` gets the real one's JSON. */
export async function standIn(page, path, answer) {
  await page.route(
    (url) => url.pathname === path,
    async (route) => {
      const headers = { ...route.request().headers() };
      delete headers["if-none-match"];
      const real = await route.fetch({ headers });
      const made = await answer(await real.json());
      await route.fulfill({ status: made.status ?? 200, json: made.json, headers: { date: new Date().toUTCString() } });
    },
  );
}

/** Fails where something is wider than its screen. */
export async function fitsItsWidth(page, where) {
  const wide = await page.evaluate(() => ({ has: document.documentElement.clientWidth, needs: document.documentElement.scrollWidth }));
  assert.ok(wide.needs <= wide.has, `${where}: needs ${wide.needs} px, has ${wide.has}`);
}

/** Looks at a place: a language, a theme, a screen's name and the screen, chosen as by `screensOf`. */
export const LOOKS = [
  ["en", "light", "desktop", LANDSCAPE],
  ["ru", "dark", "desktop", LANDSCAPE],
  ["en", "dark", "telephone", TELEPHONE],
  ["ru", "light", "telephone", TELEPHONE],
];

/**
 * The one of two screens on which a language and a theme are looked at: four looks have every language on every screen, every theme on
 * every screen, and every language in every theme.
 */
export function screensOf(screens, language, theme) {
  return screens.filter((_, index) => index === Number((language === "ru") !== (theme === "dark")));
}

/** Fails where a page cannot be used by everybody or does not fit; takes a picture of it. */
export async function looksRight(page, what, how) {
  await still(page);
  await accessible(page, what);
  await fitsItsWidth(page, what);
  await shot(page, `${what}-${how}`);
}
