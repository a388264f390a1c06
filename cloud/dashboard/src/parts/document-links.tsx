import type { DocumentDetail } from "../api/types";
import { numberOf } from "../documents/orders";
import { usePage } from "../page";
import { addressOf } from "../route";
import { OrderState } from "../screens/orders";
import { WarningIcon } from "./icons";

/** Whom of the shop's suppliers a document is from, and which of the shop's orders it is for. */
export function DocumentLinks({ detail }: { readonly detail: DocumentDetail }) {
  const { t } = usePage();
  const { supplier, order } = detail;
  return (
    <dl className="facts" data-links>
      <div className="fact">
        <dt>{t("linkSupplier")}</dt>
        <dd>
          {supplier?.name ?? <span className="soft">{t("linkNoSupplier")}</span>}
          {supplier?.blacklist_reason !== undefined && (
            <span className="under doubt">
              <WarningIcon />
              {t("linkBlacklisted", { reason: supplier.blacklist_reason })}
            </span>
          )}
        </dd>
      </div>
      {order !== undefined && (
        <div className="fact">
          <dt>{t("linkOrder")}</dt>
          <dd>
            <a href={addressOf("orders", order.id)}>{numberOf(order)}</a>
            <span className="under">
              <OrderState state={order.state} />
            </span>
          </dd>
        </div>
      )}
    </dl>
  );
}
