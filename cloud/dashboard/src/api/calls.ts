/**
 * The requests the page makes. A refusal is a value with the cloud's own words.
 *
 * Answers are kept in memory with their tags, and asked for again with the tag: what has not changed is a short 304, and
 * the same object as before. Nothing of them is written to the browser's disk.
 */

import type { FeedbackDone, Problem, Session, SetAside, WhatIf, WhatIfForm } from "./types";

/** `unreachable`: nothing came back that is an answer of the cloud. */
export type Failure = { readonly kind: "unreachable" } | { readonly kind: "refused"; readonly problem: Problem };

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

const LIMIT_MS = 8_000;
/** Ten photos, or a long document, over a slow line. */
const UPLOAD_LIMIT_MS = 300_000;
/** Half a year of a large shop, lived through twice. */
const WHAT_IF_LIMIT_MS = 120_000;

const UNREACHABLE = { ok: false, failure: { kind: "unreachable" } } as const;

export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

interface Kept {
  readonly tag: string;
  readonly value: unknown;
}

/** One visitor's reads. Made anew for each session, so that nothing of one is shown to the next. */
export class Reader {
  private readonly kept = new Map<string, Kept>();
  /** The cloud's clock less this machine's, by the last answer that said. */
  clockOffsetMs = 0;

  constructor(private readonly fetching: Fetch = (path, init) => fetch(path, init)) {}

  async get<T>(path: string): Promise<Outcome<T>> {
    const kept = this.kept.get(path);
    const headers: Record<string, string> = kept === undefined ? {} : { "if-none-match": kept.tag };
    try {
      const answer = await this.fetching(path, {
        cache: "no-store",
        credentials: "same-origin",
        headers,
        signal: AbortSignal.timeout(LIMIT_MS),
      });
      this.readClock(answer);
      if (answer.status === 304 && kept !== undefined) {
        return { ok: true, value: kept.value as T };
      }
      if (!answer.ok) {
        return { ok: false, failure: await failureOf(answer) };
      }
      const value: unknown = await answer.json();
      const tag = answer.headers.get("etag");
      if (tag !== null) {
        this.kept.set(path, { tag, value });
      }
      return { ok: true, value: value as T };
    } catch {
      return UNREACHABLE;
    }
  }

  /** The tag of what was last read there: a change that carries it is refused where somebody else was quicker. */
  tagOf(path: string): string | undefined {
    return this.kept.get(path)?.tag;
  }

  /** Forgets what is not among `paths` any more: addresses with a day in them change every day. */
  forgetAllBut(paths: ReadonlySet<string>): void {
    for (const path of this.kept.keys()) {
      if (!paths.has(path)) {
        this.kept.delete(path);
      }
    }
  }

  /** `Date` has whole seconds, so a difference below that says nothing. */
  private readClock(answer: Response): void {
    const date = Date.parse(answer.headers.get("date") ?? "");
    if (!Number.isNaN(date)) {
      const difference = date - Date.now();
      this.clockOffsetMs = Math.abs(difference) < 2_000 ? 0 : difference;
    }
  }
}

export async function signIn(email: string, password: string): Promise<Outcome<Session>> {
  return send("POST", "/api/v1/session", JSON_BODY, JSON.stringify({ email, password }));
}

/** A change by somebody who is signed in; `tag` is of what they saw. */
export async function change<T>(session: Session, method: Method, path: string, body?: unknown, tag?: string): Promise<Outcome<T>> {
  const own = { "x-csrf-token": session.csrf_token ?? "", ...(tag === undefined ? {} : { "if-match": tag }) };
  return body === undefined ? send(method, path, own) : send(method, path, { ...own, ...JSON_BODY }, JSON.stringify(body));
}

/** Sends a form with files, which may take its time. */
export async function upload<T>(session: Session, path: string, form: FormData): Promise<Outcome<T>> {
  return send("POST", path, { "x-csrf-token": session.csrf_token ?? "" }, form, UPLOAD_LIMIT_MS);
}

/** Says how a document should have been read: the whole of it, which may have thousands of lines. */
export async function correct(session: Session, form: unknown): Promise<Outcome<FeedbackDone>> {
  const headers = { "x-csrf-token": session.csrf_token ?? "", ...JSON_BODY };
  return send("POST", "/api/v1/feedback", headers, JSON.stringify(form), UPLOAD_LIMIT_MS);
}

/** Lives through a store's last days as it is and as it might be; given up where `signal` says so. */
export async function whatIf(session: Session, form: WhatIfForm, signal: AbortSignal): Promise<Outcome<WhatIf>> {
  const headers = { "x-csrf-token": session.csrf_token ?? "", ...JSON_BODY };
  return send("POST", "/api/v1/replenish/what-if", headers, JSON.stringify(form), WHAT_IF_LIMIT_MS, signal);
}

export async function signOut(session: Session): Promise<Outcome<null>> {
  return change(session, "DELETE", "/api/v1/session");
}

/** Notes that somebody has seen to an entry that was set aside; the cloud keeps it all the same. */
export async function settle(session: Session, entry: SetAside): Promise<Outcome<null>> {
  return change(session, "PUT", `${tillPath(entry.store, entry.till)}/set-aside/${encodeURIComponent(entry.mark)}`);
}

export function storePath(store: string): string {
  return `/api/v1/stores/${encodeURIComponent(store)}`;
}

export function tillPath(store: string, till: string): string {
  return `${storePath(store)}/tills/${encodeURIComponent(till)}`;
}

export function productPath(product: string): string {
  return `/api/v1/products/${encodeURIComponent(product)}`;
}

export function documentPath(document: string): string {
  return `/api/v1/documents/${encodeURIComponent(document)}`;
}

type Method = "POST" | "PUT" | "PATCH" | "DELETE";

const JSON_BODY = { "content-type": "application/json" } as const;

async function send<T>(method: Method, path: string, headers: Record<string, string>, body?: BodyInit, limitMs = LIMIT_MS, signal?: AbortSignal): Promise<Outcome<T>> {
  const limit = AbortSignal.timeout(limitMs);
  try {
    const answer = await fetch(path, {
      method,
      cache: "no-store",
      credentials: "same-origin",
      headers,
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      ...(body === undefined ? {} : { body }),
    });
    if (!answer.ok) {
      return { ok: false, failure: await failureOf(answer) };
    }
    const text = await answer.text();
    return { ok: true, value: (text === "" ? null : JSON.parse(text)) as T };
  } catch {
    return UNREACHABLE;
  }
}

/** A proxy's page of errors is no answer of the cloud: only a problem with a code is. */
async function failureOf(answer: Response): Promise<Failure> {
  try {
    const body = (await answer.json()) as Partial<Problem>;
    if (typeof body.code === "string" && typeof body.detail === "string") {
      const { code, detail, retry_after_s, field, part, line } = body;
      const wait = typeof retry_after_s === "number" ? { retry_after_s } : {};
      const where = typeof field === "string" ? { field } : {};
      const place = typeof part === "string" && typeof line === "number" ? { part, line } : {};
      return { kind: "refused", problem: { status: answer.status, code, detail, ...wait, ...where, ...place } };
    }
  } catch {
    // Falls through: whatever it was, the cloud did not say it.
  }
  return { kind: "unreachable" };
}
