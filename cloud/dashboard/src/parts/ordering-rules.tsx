import { type ReactNode, useEffect, useRef, useState } from "react";
import { change, type Failure, productPath, storePath } from "../api/calls";
import type { OrderingPolicy, OrderingRule, Page, Product, Store } from "../api/types";
import { ruleForm, saysSomething } from "../demand/ordering";
import { useAsked } from "../fleet/asked";
import { isForbidden } from "../fleet/known";
import { nameOf } from "../fleet/products";
import { usePage, useVisitor } from "../page";
import { may } from "../roles";
import { addressOf } from "../route";
import { SupplierName } from "../screens/orders";
import { stockText } from "../stock/words";
import { Column } from "./cell";
import { Filled } from "./filled";
import { PartState } from "./part-state";
import { ProductSearch } from "./product-search";
import { RuleEditor, type RuleSaved } from "./rule-editor";

/** Rules on a page: each asks for its product. */
const SHOWN = 20;

interface Props {
  readonly store: Store;
  readonly after: string;
  /** Whose rule is open. */
  readonly product: string | null;
}

/** What is said of single products of a store, and the rule of one of them to be changed. */
export function OrderingRules({ store, after, product }: Props) {
  const { t } = usePage();
  const session = useVisitor();
  const query = new URLSearchParams({ limit: String(SHOWN), ...(after === "" ? {} : { after }) });
  const { part, again } = useAsked<Page<OrderingRule>>(`${storePath(store.id)}/ordering/rules?${query}`);
  const policy = useAsked<OrderingPolicy>(`${storePath(store.id)}/ordering`).part.value;
  const [saved, setSaved] = useState<RuleSaved | null>(null);
  const changes = may(session, "change-ordering", store.id);
  const rules = (part.value?.items ?? []).filter((rule) => saysSomething(rule) || rule.product === product);
  const address = (of: string | null) => addressOf("ordering", null, { store: store.id, show: "rules", after, product: of ?? "" });
  const table = useFocusBack(product);
  const editor =
    product === null || !changes ? null : (
      <RuleEditor
        key={product}
        store={store}
        policy={policy}
        id={product}
        onSaved={(one) => {
          setSaved(one);
          again();
          location.assign(address(null));
        }}
        onEnd={() => location.assign(address(null))}
      />
    );
  return (
    <section ref={table} className="panel store" aria-labelledby="ordering-rules">
      <h2 id="ordering-rules">{t("rulesTitle")}</h2>
      <p className="soft reading-width">{t("rulesHint")}</p>
      {changes && <ProductSearch key={`search-${product}`} label={t("rulesFind")} onFound={(found) => location.assign(address(found))} />}
      {!changes && !isForbidden(part) && <p className="soft small">{t("orderingReadOnly")}</p>}
      <SavedRule store={store} saved={saved} onBack={(next) => {
        setSaved(next);
        again();
      }} />
      <PartState part={part} forbidden="orderingForbidden" />
      {product !== null && !rules.some((rule) => rule.product === product) && editor}
      {part.value !== null && rules.length === 0 && <NoRules only={after === "" && part.value.next === undefined} />}
      {rules.length > 0 && <RuleTable rules={rules} open={product} editor={editor} address={changes ? address : null} />}
      <nav className="deeds" aria-label={t("pages")}>
        {after !== "" && (
          <a className="button" href={addressOf("ordering", null, { store: store.id, show: "rules" })}>
            {t("firstPage")}
          </a>
        )}
        {part.value?.next !== undefined && (
          <a className="button" href={addressOf("ordering", null, { store: store.id, show: "rules", after: part.value.next })}>
            {t("nextPage")}
          </a>
        )}
      </nav>
    </section>
  );
}

/** Who has closed a rule goes on from where it was opened. */
function useFocusBack(product: string | null) {
  const within = useRef<HTMLElement>(null);
  const before = useRef(product);
  useEffect(() => {
    if (product === null && before.current !== null) {
      const opener = within.current?.querySelector<HTMLElement>(`[data-rule="${CSS.escape(before.current)}"] a.button`);
      (opener ?? within.current?.querySelector<HTMLElement>("input[type=search]"))?.focus();
    }
    before.current = product;
  }, [product]);
  return within;
}

function NoRules({ only }: { readonly only: boolean }) {
  const { t } = usePage();
  if (!only) {
    return <p className="soft">{t("rulesNoneHere")}</p>;
  }
  return (
    <div className="empty">
      <h3>{t("rulesEmpty")}</h3>
      <p className="soft">{t("rulesEmptyHint")}</p>
    </div>
  );
}

interface SavedProps {
  readonly store: Store;
  readonly saved: RuleSaved | null;
  readonly onBack: (saved: RuleSaved | null) => void;
}

/** What was just saved, with the way back to what was said before. */
function SavedRule({ store, saved, onBack }: SavedProps) {
  const { failure: textOf, t } = usePage();
  const session = useVisitor();
  const [failure, setFailure] = useState<Failure | null>(null);
  const back = async ({ before, name }: RuleSaved) => {
    const path = `${storePath(store.id)}/ordering/rules/${encodeURIComponent(before.product)}`;
    const outcome = await change<OrderingRule>(session, "PUT", path, ruleForm(before));
    setFailure(outcome.ok ? null : outcome.failure);
    if (outcome.ok) {
      onBack({ kind: "back", name, before });
    }
  };
  return (
    <div role="status" className="told">
      {failure !== null && <p className="banner banner-error">{textOf(failure)}</p>}
      {saved !== null && (
        <p className="deeds">
          <span className="saved">{t(saved.kind === "reset" ? "ruleResetDone" : saved.kind === "back" ? "ruleBack" : "ruleSaved", { product: saved.name })}</span>
          {saved.kind !== "back" && (
            <button type="button" className="button" onClick={() => void back(saved)}>
              {t("putBack")}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

interface TableProps {
  readonly rules: readonly OrderingRule[];
  readonly open: string | null;
  readonly editor: ReactNode;
  /** Where a rule is opened; `null` where nothing may be changed. */
  readonly address: ((product: string) => string) | null;
}

function RuleTable({ rules, open, editor, address }: TableProps) {
  const { t } = usePage();
  return (
    <table role="table" className="rows rules">
      <caption className="hidden">{t("rulesTitle")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Column>{t("columnProduct")}</Column>
          <Column>{t("columnRuleSaid")}</Column>
          {address !== null && <Column>{t("columnDo")}</Column>}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rules.map((rule) => (
          <Rule key={rule.product} rule={rule} address={address} editor={rule.product === open ? editor : null} />
        ))}
      </tbody>
    </table>
  );
}

interface RuleProps {
  readonly rule: OrderingRule;
  readonly address: TableProps["address"];
  readonly editor: ReactNode;
}

function Rule({ rule, address, editor }: RuleProps) {
  const { language, t } = usePage();
  const product = useAsked<Product>(productPath(rule.product)).part.value;
  const name = product === null ? rule.product : nameOf(product, language.code);
  return (
    <>
      <tr role="row" data-rule={rule.product}>
        <th role="rowheader" scope="row">
          <a className="row-link" href={addressOf("products", rule.product)}>
            {name}
          </a>
        </th>
        <td role="cell">
          <RuleSaid rule={rule} unit={product?.unit === "kg" ? "g" : "piece"} />
        </td>
        {address !== null && (
          <td role="cell">
            <a className="button" href={address(rule.product)} aria-label={t("ruleChangeNamed", { product: name })}>
              {t("ruleChange")}
            </a>
          </td>
        )}
      </tr>
      {editor !== null && (
        <tr role="row" className="beneath">
          <td role="cell" colSpan={3}>
            {editor}
          </td>
        </tr>
      )}
    </>
  );
}

/** A rule in words, as far as it says something. */
function RuleSaid({ rule, unit }: { readonly rule: OrderingRule; readonly unit: "g" | "piece" }) {
  const { language, t } = usePage();
  const days = (["lead_days", "review_days", "shelf_life_days"] as const).map((name) => {
    const count = rule[name];
    return typeof count === "number" ? t(`ruleSaid_${name}`, { count }) : null;
  });
  const stock = (["stock_min", "stock_max"] as const).map((name) => {
    const quantity = rule[name];
    return typeof quantity === "number" ? t(`ruleSaid_${name}`, { amount: stockText(quantity, unit, language.locale, t) }) : null;
  });
  const letter = typeof rule.class === "string" ? t("ruleSaid_class", { letter: rule.class.toUpperCase() }) : null;
  return (
    <ul className="rule-said">
      {typeof rule.supplier === "string" && (
        <li>
          <Filled text="ruleSaid_supplier">
            <SupplierName id={rule.supplier} />
          </Filled>
        </li>
      )}
      {[letter, ...days, ...stock].map((text, index) => text !== null && <li key={index}>{text}</li>)}
    </ul>
  );
}
