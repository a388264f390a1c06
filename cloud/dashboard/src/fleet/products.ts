/** What can be said of a product, and read of what somebody wrote about one. */

import type { Product, Store } from "../api/types";
import type { Amount } from "./standing";

/** Its name in a language, else in English, else in whatever it has one. */
export function nameOf(product: Pick<Product, "id" | "name">, language: string): string {
  const names: Readonly<Record<string, string>> = product.name;
  return names[language] ?? names.en ?? Object.values(names)[0] ?? product.id;
}

/** Its price. The text that the cloud writes has all the digits of the currency behind the point. */
export function priceOf({ currency, price, price_minor }: Pick<Product, "currency" | "price" | "price_minor">): Amount {
  return { currency, exponent: price.split(".")[1]?.length ?? 0, minor: price_minor };
}

/** A price of the cloud's as people write it, with the point of their language. */
export function writtenPrice(price: string, locale: string): string {
  const point = new Intl.NumberFormat(locale).formatToParts(1.5).find((part) => part.type === "decimal")?.value;
  return price.replace(".", point ?? ".");
}

/** A price as somebody wrote it, as the cloud reads it: `2,49` and ` 2.49 ` are `2.49`. `null` for what is none. */
export function readPrice(text: string): string | null {
  const plain = text.trim().replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  return /^\d{1,9}(\.\d{1,3})?$/.test(plain) ? plain : null;
}

/** The tax codes of all stores with their rates, in basis points; where stores differ, the first one's. */
export function taxesOf(stores: readonly Pick<Store, "taxes">[]): readonly (readonly [string, number])[] {
  const rates = new Map<string, number>();
  for (const { taxes } of stores) {
    for (const [code, basisPoints] of Object.entries<number>(taxes.basis_points)) {
      if (!rates.has(code)) {
        rates.set(code, basisPoints);
      }
    }
  }
  return [...rates].sort(([a], [b]) => (a < b ? -1 : 1));
}
