// Made by `cargo xtask ui --types` from the cloud's description of its REST face. Not to be changed by hand.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description What an accepted proposal became. */
        readonly AcceptedShown: {
            /**
             * Format: int64
             * @description Its number in the organisation.
             */
            readonly number: number;
            /** @description The draft's id. */
            readonly purchase_order: string;
        };
        /** @description A new address. */
        readonly AddressForm: {
            /**
             * @description The number of a chat with the bot, an e-mail address, or where software takes requests.
             * @example ann@example.org
             */
            readonly address: string;
            /**
             * @description `telegram`, `email` or `webhook`.
             * @example email
             */
            readonly channel: string;
        };
        /** @description An address that was added. */
        readonly AddressMade: {
            readonly id: string;
            /** @description What requests are signed with (Standard Webhooks), shown this once; absent for people. */
            readonly secret?: string | null;
        };
        /** @description Where somebody is reached. */
        readonly AddressShown: {
            readonly address: string;
            readonly channel: string;
            /**
             * Format: int64
             * @description Since when it counts; absent until the code came back.
             */
            readonly confirmed_at_ms?: number | null;
            readonly id: string;
            /** Format: int64 */
            readonly made_at_ms: number;
            /**
             * Format: int64
             * @description Since when nothing goes there.
             */
            readonly off_at_ms?: number | null;
            /** @description Why. */
            readonly off_reason?: string | null;
        };
        /** @description Where somebody is reached, and could be. */
        readonly Addresses: {
            /** @description The channels that this cloud has. */
            readonly channels: readonly string[];
            readonly items: readonly components["schemas"]["AddressShown"][];
        };
        /** @description A discount or a surcharge, of a line or of the document. */
        readonly Adjustment: {
            /** @description How much, never negative. */
            readonly amount: components["schemas"]["Field_String"];
            /** @description Added to the price; otherwise taken off. */
            readonly is_charge: boolean;
            /** @description In percent, where the document says it. */
            readonly percent?: string | null;
            /** @description What for. */
            readonly reason?: string | null;
        };
        /**
         * @description What a product adds to the totals of its store: its forecast at the price of each day, brought to agree with what its category and the
         *     store are expected to sell by themselves. Orders go by the forecast itself, which is the better one for a product.
         */
        readonly AgreedValue: {
            /** @description Each day's value in minor units, from the first day on. The products of a category sum up to it. */
            readonly amounts_minor: readonly number[];
            readonly currency: string;
            readonly first_day: string;
        };
        /** @description What is expected of some days together, in minor units. */
        readonly Ahead: {
            /** @description How many days, from the first on. */
            readonly days: number;
            /**
             * Format: int64
             * @description It is no more than this in nine of ten cases.
             */
            readonly high_minor: number;
            /**
             * Format: int64
             * @description What is expected.
             */
            readonly mean_minor: number;
        };
        /** @description An alert. */
        readonly Alert: {
            /** @description What people read: `summary`, `description`. */
            readonly annotations?: {
                readonly [key: string]: string;
            };
            /** @description A hash of the labels; made of them where it is absent. */
            readonly fingerprint?: string;
            readonly generatorURL?: string;
            /** @description What tells it apart: `alertname`, `severity`, and `store` where it concerns one. */
            readonly labels: {
                readonly [key: string]: string;
            };
            readonly startsAt?: string;
            readonly status: components["schemas"]["AlertStatus"];
        };
        /** @description What Alertmanager tells. What it says beside this is not looked at. */
        readonly AlertGroup: {
            /** @description What fires or has ended. */
            readonly alerts: readonly components["schemas"]["Alert"][];
            /**
             * @description Of this form: `4`.
             * @example 4
             */
            readonly version: string;
        };
        /**
         * @description Whether an alert fires.
         * @enum {string}
         */
        readonly AlertStatus: "firing" | "resolved";
        /** @description What was done with the alerts. */
        readonly AlertsTaken: {
            /**
             * Format: int32
             * @description New notices.
             */
            readonly raised: number;
            /**
             * Format: int32
             * @description Notices that ended.
             */
            readonly settled: number;
            /**
             * Format: int32
             * @description What was known.
             */
            readonly unchanged: number;
        };
        /** @description Products that look alike, the likest first. */
        readonly AlikeList: {
            readonly items: readonly components["schemas"]["AlikeShown"][];
            /** @description The model whose views were compared; absent where there are none. */
            readonly model?: string | null;
        };
        /** @description Two products, by the two of their views that are most alike. */
        readonly AlikeShown: {
            readonly one: components["schemas"]["SeenShown"];
            readonly other: components["schemas"]["SeenShown"];
            /**
             * Format: float
             * @description Cosine of the angle between the vectors of these views: 1 is the same picture.
             */
            readonly similarity: number;
        };
        /** @description Whether a product is archived. */
        readonly ArchiveForm: {
            /** @description True to take it out of lists and indexes, false to take it back. */
            readonly archived: boolean;
        };
        /** @description What was kept whole and not counted, the newest first. */
        readonly Aside: {
            readonly items: readonly components["schemas"]["AsideEntry"][];
        };
        /** @description An entry of a till's journal that was not counted. */
        readonly AsideEntry: {
            /** @description Its place and hash: what it is settled by. */
            readonly mark: string;
            /** @description The entry as it came, as far as it is text. */
            readonly payload: string;
            /** @description What is wrong with it. */
            readonly problem: string;
            /** @description `quarantined`: a sale of its id is there with other bytes; `parked`: it cannot be read or is unsound. */
            readonly reason: string;
            /** Format: int64 */
            readonly received_at_ms: number;
            readonly sale: string;
            readonly store: string;
            readonly till: string;
        };
        /** @description What a unit of the line is taken for. */
        readonly Assumption: {
            /** @description A short stable word: `same_unit`, `pack_of_line`, `pack_of_product`, `learnt`, `weight`, `one_each`, `person`. */
            readonly code: string;
            /** @description The same for people, in English: `1 case = 6 pieces, from the name`. */
            readonly message: string;
        };
        /** @description A backup of the whole cloud. */
        readonly BackupShown: {
            /** Format: int64 */
            readonly blobs: number;
            readonly id: string;
            /** @description What the key is told by that opens it. */
            readonly key: string;
            /**
             * Format: int64
             * @description What was there at this moment is in it, in milliseconds since 1970.
             */
            readonly made_at_ms: number;
            /** @description What that found wrong. */
            readonly problem?: string | null;
            /** Format: int64 */
            readonly rows: number;
            /** Format: int64 */
            readonly size_bytes: number;
            /**
             * Format: int64
             * @description When it was restored into a scratch database and found to be what was there; absent where it was not.
             */
            readonly verified_at_ms?: number | null;
        };
        /** @description The backups that there are, the newest first. */
        readonly BackupsShown: {
            /**
             * Format: int32
             * @description How many hours lie between two; 0 where none are made by themselves.
             */
            readonly every_hours: number;
            /** @description Whether one was asked for and is not begun yet. */
            readonly is_asked: boolean;
            readonly items: readonly components["schemas"]["BackupShown"][];
        };
        /**
         * @description How sure a line is.
         * @enum {string}
         */
        readonly Badge: "sure" | "likely" | "new" | "confirmed" | "left_out";
        /** @description What there is of a product. */
        readonly Balance: {
            /**
             * Format: int64
             * @description What may be sold: on hand without what is kept.
             */
            readonly available: number;
            /**
             * Format: int64
             * @description When it was counted last, in milliseconds since 1970.
             */
            readonly counted_at_ms?: number | null;
            /**
             * Format: int64
             * @description On their way from other stores.
             */
            readonly in_transit: number;
            /**
             * Format: int64
             * @description How many there is room for, as its ordering rule says.
             */
            readonly maximum?: number | null;
            /**
             * Format: int64
             * @description How many are to be there at least, as its ordering rule says.
             */
            readonly minimum?: number | null;
            /** @description Names by language; nothing once the product is gone. */
            readonly name: {
                readonly [key: string]: string;
            };
            /**
             * Format: int64
             * @description Still to come by orders that went to their suppliers.
             */
            readonly on_order: number;
            readonly product: string;
            /**
             * Format: int64
             * @description On hand. Below zero where more was sold than was ever booked in.
             */
            readonly quantity: number;
            /**
             * Format: int64
             * @description How many are left when more are ordered: the minimum, else what the newest proposals were made with.
             */
            readonly reorder_point?: number | null;
            /**
             * Format: int64
             * @description Of these kept for somebody.
             */
            readonly reserved: number;
            /** @description `negative` (more was sold than booked in), `out`, `low` (at or below the reorder point), `over` (above the maximum) or `ok`. */
            readonly state: string;
            readonly unit: components["schemas"]["CountedIn"];
        };
        /** @description Why nothing is bought from a supplier. */
        readonly BlacklistForm: {
            /** @description Why; nothing takes it off the blacklist. */
            readonly reason?: string | null;
        };
        /** @description Something that is told to all, or to some. */
        readonly BroadcastForm: {
            /** @description Beside the inbox over these channels: `telegram`, `email`, `webhook`. */
            readonly channels?: readonly string[];
            /** @description To these people alone, by their ids, in place of roles and stores. */
            readonly people?: readonly string[];
            /** @description To those with one of these roles; to everybody when there are none. */
            readonly roles?: readonly components["schemas"]["RoleWord"][];
            /** @description `info` when not said. */
            readonly severity?: string | null;
            /** @description To those of this store; to all when neither it nor `stores` is said. */
            readonly store?: string | null;
            /** @description To those of these stores. */
            readonly stores?: readonly string[];
            /**
             * @description One line.
             * @example We close at noon tomorrow
             */
            readonly subject: string;
            /** @description The text, where `texts` has none in somebody's language. */
            readonly text: string;
            /** @description The text by language: `en`, `ru`, `de`. */
            readonly texts?: {
                readonly [key: string]: string;
            };
        };
        /** @description Whom it would reach, and in which words. */
        readonly BroadcastPreview: {
            /** @description How many of them each chosen channel reaches. */
            readonly channels: readonly components["schemas"]["ChannelReach"][];
            /**
             * Format: int64
             * @description How many find it in their inbox alone.
             */
            readonly inbox_only: number;
            /**
             * Format: int64
             * @description How many people find it in their inbox.
             */
            readonly recipients: number;
            /** @description The words by language, of the languages that they read. */
            readonly words: readonly components["schemas"]["WordsIn"][];
        };
        /** @description Something that was told, and how far that is. */
        readonly BroadcastShown: {
            /** @description The channels beside the inbox. */
            readonly channels: readonly string[];
            /**
             * Format: int64
             * @description Messages that were given up.
             */
            readonly dead: number;
            /** Format: int64 */
            readonly id: number;
            /**
             * Format: int64
             * @description How many people it names; 0 where it went to roles or everybody.
             */
            readonly named: number;
            /** @description The roles that it was told; none for everybody. */
            readonly roles: readonly string[];
            /**
             * Format: int64
             * @description Messages that were taken.
             */
            readonly sent: number;
            readonly severity: string;
            /** @description The store whose people it was told; absent for those of all. */
            readonly store?: string | null;
            readonly subject: string;
            readonly text: string;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly told_at_ms: number;
            /**
             * Format: int64
             * @description Messages that are on their way.
             */
            readonly waiting: number;
        };
        /** @description Something that was told, and who did not get it. */
        readonly BroadcastWhole: components["schemas"]["BroadcastShown"] & {
            /** @description Who they are, by name, the first 200 of them. */
            readonly missed: readonly components["schemas"]["Missed"][];
            /**
             * Format: int64
             * @description How many were reached over none of the channels and have not read it in their inbox.
             */
            readonly missed_count: number;
            /**
             * Format: int64
             * @description How many of them have read it there.
             */
            readonly read: number;
            /**
             * Format: int64
             * @description How many people find it in their inbox now.
             */
            readonly recipients: number;
        };
        /** @description Public holidays that are known without being written down. */
        readonly BuiltInForm: {
            /**
             * @description `de` or `ru`.
             * @example de
             */
            readonly country: string;
            /**
             * Format: int32
             * @description Which year.
             * @example 2026
             */
            readonly year: number;
        };
        /** @description What came of it. Amounts are in minor units of the store's currency. */
        readonly CameOf: {
            /**
             * Format: int64
             * @description Lost margin, waste and holding together.
             */
            readonly cost_minor: number;
            /**
             * Format: double
             * @description The share of what was wanted that was there, by value.
             */
            readonly fill_rate: number;
            /**
             * Format: int64
             * @description What having goods lying cost.
             */
            readonly holding_minor: number;
            /**
             * Format: int64
             * @description The margin of what was wanted and not there.
             */
            readonly lost_minor: number;
            /**
             * Format: int32
             * @description Orders that were given.
             */
            readonly orders: number;
            /**
             * Format: int64
             * @description What was sold.
             */
            readonly sold_minor: number;
            /**
             * Format: int64
             * @description What was thrown away, at its cost.
             */
            readonly waste_minor: number;
            /**
             * Format: double
             * @description The share of what was bought that was thrown away, by value.
             */
            readonly waste_share: number;
        };
        /** @description A product that a line may be. */
        readonly Candidate: {
            /** @description What speaks for it: `gtin`, `case_gtin`, `history`, `article`, `name`. */
            readonly because: readonly string[];
            /** @description Its GTIN. */
            readonly gtin?: string | null;
            /** @description Its name, as it was when the document was matched. */
            readonly name: string;
            /**
             * Format: double
             * @description How likely it is this one, 0 to 1.
             */
            readonly probability: number;
            /** @description The product's id. */
            readonly product: string;
            /** @description The shop's article number. */
            readonly sku: string;
        };
        /** @description A field that becomes another. */
        readonly CatalogueChange: {
            /** @description The field: `price`, `gtin`, `name:ru`. */
            readonly field: string;
            /** @description What it was; absent where there was nothing. */
            readonly from?: string | null;
            /** @description What it becomes. */
            readonly to?: string | null;
        };
        /** @description What is odd about the present catalogue. */
        readonly CatalogueReport: {
            /**
             * Format: int64
             * @description When, in milliseconds since 1970, to the minute.
             */
            readonly at_ms: number;
            /** @description How many findings there are of each code, what matters most first. */
            readonly counts: readonly components["schemas"]["FindingCount"][];
            /** @description What matters most first. */
            readonly items: readonly components["schemas"]["FindingShown"][];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
            /** @description How many products were looked at. */
            readonly products: number;
        };
        /** @description A catalogue as a file. */
        readonly CatalogueUpload: {
            /**
             * Format: binary
             * @description CSV, XLSX, XLS, ODS, JSON, CommerceML (`import.xml`, `offers.xml`) or a ZIP of both.
             */
            readonly file: string;
        };
        /** @description The categories of an organisation in order of name. */
        readonly Categories: {
            readonly items: readonly components["schemas"]["CategoryShown"][];
        };
        /** @description How many there are of a category. */
        readonly CategoryCount: {
            readonly count: number;
            readonly name: string;
        };
        /** @description What can be said of a category. */
        readonly CategoryForm: {
            /** @description The family that it belongs to. */
            readonly family_name: string;
        };
        /** @description A category. */
        readonly CategoryShown: {
            /** @description Its family; absent where it has none. */
            readonly family_name?: string | null;
            readonly name: string;
        };
        /** @description A till's certificate. */
        readonly Certificate: {
            /** Format: int64 */
            readonly issued_at_ms: number;
            /** Format: int64 */
            readonly not_after_ms: number;
            /** Format: int64 */
            readonly not_before_ms: number;
            /** Format: int64 */
            readonly revoked_at_ms?: number | null;
            /** @description Its number, in hexadecimal. */
            readonly serial: string;
        };
        /** @description The certificates of a till, newest first. */
        readonly Certificates: {
            readonly items: readonly components["schemas"]["Certificate"][];
        };
        /** @description A value that a field took. */
        readonly ChangeShown: {
            readonly field: string;
            readonly given: components["schemas"]["GivenShown"];
            /** @description The raw product that says so. */
            readonly raw_product?: string | null;
            /** @description Who had said that. */
            readonly source_before?: string | null;
            /** @description What it replaced. */
            readonly value_before?: string | null;
        };
        /** @description How many people a channel reaches. */
        readonly ChannelReach: {
            /** @description `telegram`, `email` or `webhook`. */
            readonly channel: string;
            /** Format: int64 */
            readonly people: number;
        };
        /** @description What a service did when it was asked. */
        readonly CheckShown: {
            readonly answered: boolean;
            /** Format: int64 */
            readonly at_ms: number;
            /** @description What was wrong; empty while nothing was. */
            readonly detail: string;
            /** Format: int64 */
            readonly latency_ms: number;
            readonly service: string;
        };
        /** @description What a service did, the newest first. */
        readonly ChecksShown: {
            readonly items: readonly components["schemas"]["CheckShown"][];
        };
        /** @description A claim code: shown this once, and kept nowhere. */
        readonly ClaimShown: {
            /**
             * @description Where the till reaches the cloud: the first of `ca.server_names`, and the port of `grpc.listen`.
             * @example https://cloud.example:8443
             */
            readonly address: string;
            /**
             * @description What to type into the till.
             * @example 000G-40R4-0M30-E209-ZZZZ-ZZZZ-ZZZZ-ZZZZ
             */
            readonly code: string;
            /**
             * Format: int64
             * @description Until when it is good, in milliseconds since 1970.
             */
            readonly expires_at_ms: number;
        };
        /** @description How a count is closed. */
        readonly ClosingForm: {
            readonly uncounted?: components["schemas"]["UncountedWord"];
        };
        /** @description The code that was sent. */
        readonly CodeForm: {
            /** @example 123456 */
            readonly code: string;
        };
        /** @description A command and what became of it. */
        readonly CommandShown: {
            /**
             * Format: int64
             * @description Since when it is that far.
             */
            readonly changed_at_ms: number;
            /** @description What came of it, in words. */
            readonly detail: string;
            /**
             * Format: int64
             * @description After this time the till does not begin with it.
             */
            readonly expires_at_ms: number;
            /** @description Its id. */
            readonly id: string;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly made_at_ms: number;
            /** @description Who asked. */
            readonly made_by: string;
            /** @description What to do. */
            readonly op: string;
            /** @description How far it is: `init`, `executing`, `successful` or `failed`. */
            readonly state: string;
        };
        /** @description An offer and what it comes to. */
        readonly Compared: {
            /** @description What they cost without tax. */
            readonly amount: string;
            /** @description The first day on which the goods can be there; absent where the supplier's calendar has none. */
            readonly arrives?: string | null;
            /** @description What each wanted piece or gram costs once packs and minima are bought along. */
            readonly landed_unit_price: string;
            /** @description What is missing to the supplier's smallest order. */
            readonly missing_to_order_min?: string | null;
            readonly offer: components["schemas"]["OfferShown"];
            /**
             * Format: int32
             * @description Packs to order.
             */
            readonly packs: number;
            /**
             * Format: int64
             * @description Pieces or grams that come with them.
             */
            readonly quantity: number;
            readonly supplier_name: string;
            /** @description Price of each piece or gram that comes. */
            readonly unit_price: string;
        };
        /** @description The offers of a product, the cheapest for what is wanted first. */
        readonly Comparison: {
            readonly currency: string;
            readonly left_out: readonly components["schemas"]["NotCompared"][];
            readonly offers: readonly components["schemas"]["Compared"][];
            readonly on: string;
            /** Format: int64 */
            readonly quantity: number;
            readonly unit: components["schemas"]["Unit"];
        };
        /** @description What the supplier said will come. */
        readonly ConfirmationForm: {
            /** @description Packs that will come, by the line's number from 1; lines that are not named come as ordered. */
            readonly packs?: {
                readonly [key: string]: number;
            };
            /** @description What the supplier calls the order. */
            readonly reference?: string;
        };
        /** @description Somebody at a supplier. */
        readonly ContactForm: {
            /** @description What they do there. */
            readonly duty?: string;
            /** @description Where they are written to. */
            readonly email?: string;
            /** @description Their name. */
            readonly name: string;
            /** @description Where they are called. */
            readonly phone?: string;
        };
        /** @description How many stock units a line brings. */
        readonly Conversion: {
            /** @description What the factor rests on. */
            readonly assumption: components["schemas"]["Assumption"];
            /** @description Stock units of one unit of the line: `6`, `0.5`. */
            readonly factor: string;
            /**
             * Format: int64
             * @description Quantity in stock units, where it comes out whole.
             */
            readonly quantity?: number | null;
            /** @description `piece` or `g`. */
            readonly unit: string;
        };
        /** @description What there is now. */
        readonly Corrected: {
            /** @description Whether it was booked now, and not before. */
            readonly is_new: boolean;
            readonly product: string;
            /**
             * Format: int64
             * @description On hand now.
             */
            readonly quantity: number;
            readonly unit: components["schemas"]["CountedIn"];
        };
        /** @description A balance that somebody knows better: by how much it is wrong, or what it should be. */
        readonly CorrectionForm: {
            /**
             * Format: int64
             * @description So many more; fewer are below zero. Say this or `quantity`.
             */
            readonly change?: number | null;
            /** @description A UUID that the caller drew: the same again is booked once. */
            readonly id?: string | null;
            /** @description Why. */
            readonly note?: string;
            readonly product: string;
            /**
             * Format: int64
             * @description So many there are. Say this or `change`.
             */
            readonly quantity?: number | null;
            readonly unit?: components["schemas"]["CountedIn"] | null;
        };
        /** @description What is to be counted. */
        readonly CountForm: {
            /** @description Everything of this category. Without it and without products the whole store is counted. */
            readonly category?: string | null;
            /** @description A UUID that the caller drew: the same again begins nothing. */
            readonly id?: string | null;
            /** @description What it is called. */
            readonly note?: string;
            /** @description These products, up to 1000. */
            readonly products?: readonly string[] | null;
        };
        /** @description A line of a count. */
        readonly CountLineShown: {
            /** Format: int64 */
            readonly counted_at_ms?: number | null;
            readonly counted_by?: string | null;
            /**
             * Format: int64
             * @description How many more were counted than expected; fewer are below zero.
             */
            readonly difference?: number | null;
            /**
             * Format: int64
             * @description What the ledger says of the moment at which it was; what it says now, as long as it was not.
             */
            readonly expected?: number | null;
            /** @description Names by language; nothing once the product is gone. */
            readonly name: {
                readonly [key: string]: string;
            };
            readonly product: string;
            /**
             * Format: int64
             * @description What was counted.
             */
            readonly quantity?: number | null;
            readonly unit: components["schemas"]["CountedIn"];
            /**
             * Format: int64
             * @description What the difference is worth at the price when the count began, in minor units of the count's currency.
             */
            readonly worth_minor?: number | null;
        };
        /** @description A count and what it found. */
        readonly CountShown: {
            /** @description Which category, where it is one's. */
            readonly category?: string | null;
            /** @description Of what its differences are worth. */
            readonly currency: string;
            readonly id: string;
            /** Format: int64 */
            readonly made_at_ms: number;
            readonly made_by: string;
            readonly note: string;
            /** @description What is counted: `store`, `category` or `products`. */
            readonly scope: string;
            /** Format: int64 */
            readonly settled_at_ms?: number | null;
            readonly settled_by?: string | null;
            /** @description `open`, `closed` or `cancelled`. */
            readonly state: string;
            readonly store: string;
            /** @description What it found so far. */
            readonly sums: components["schemas"]["SumsShown"];
        };
        /**
         * @description What stock is counted in.
         * @enum {string}
         */
        readonly CountedIn: "piece" | "g";
        /** @description What the rows of a file come to. */
        readonly CountsShown: {
            /**
             * Format: int64
             * @description Products that become others.
             */
            readonly changed: number;
            /**
             * Format: int64
             * @description Rows that were applied so far.
             */
            readonly done: number;
            /**
             * Format: int64
             * @description What is odd about the catalogue as it would be.
             */
            readonly findings: number;
            /**
             * Format: int64
             * @description Rows that nothing can be made of.
             */
            readonly left_out: number;
            /**
             * Format: int64
             * @description Products that are made.
             */
            readonly new: number;
            /**
             * Format: int64
             * @description Rows that were refused when they were applied: something had changed since the plan.
             */
            readonly refused: number;
            /**
             * Format: int64
             * @description Products that the file lacks and that are archived.
             */
            readonly retired: number;
            /**
             * Format: int64
             * @description Rows of the file.
             */
            readonly rows: number;
            /**
             * Format: int64
             * @description Rows that say what is so already.
             */
            readonly unchanged: number;
        };
        /** @description Work that was given up. */
        readonly DeadJobShown: {
            /** Format: int32 */
            readonly attempts: number;
            /** Format: int64 */
            readonly given_up_at_ms: number;
            /** Format: int64 */
            readonly id: number;
            /** @description What it was, for example `product.embed`. */
            readonly kind: string;
            /** Format: int64 */
            readonly made_at_ms: number;
            /** @description What went wrong last. */
            readonly problem: string;
            /** @description What it was about, as far as it is text. */
            readonly subject: string;
        };
        /** @description Work that was given up, the latest first. */
        readonly DeadJobs: {
            readonly items: readonly components["schemas"]["DeadJobShown"][];
        };
        /** @description When a supplier comes. */
        readonly DeliveryForm: {
            /**
             * @description Days on which it does not, such as `2026-12-24`.
             * @default []
             */
            readonly closed: readonly string[];
            /**
             * Format: int32
             * @description Days from the order to the goods.
             * @default 0
             */
            readonly lead_days: number;
            /**
             * @description Days of the week on which it comes, Monday 1 to Sunday 7; none is every day.
             * @default []
             */
            readonly weekdays: readonly number[];
        };
        /** @description What went, or is to go, to an address. Its words are its reader's. */
        readonly DeliveryShown: {
            readonly address: string;
            /** Format: int32 */
            readonly attempts: number;
            readonly channel: string;
            /** @description Whether a process ended while it was sending it, so that it may have come twice. */
            readonly doubtful: boolean;
            readonly event: string;
            /** Format: int64 */
            readonly id: number;
            /** Format: int64 */
            readonly made_at_ms: number;
            /** Format: int64 */
            readonly notice?: number | null;
            /** @description Whose address it is. */
            readonly person: string;
            /** @description What went wrong last. */
            readonly problem?: string | null;
            /**
             * Format: int64
             * @description When it is tried next, or was first to be.
             */
            readonly run_after_ms: number;
            /** Format: int64 */
            readonly settled_at_ms?: number | null;
            readonly state: string;
        };
        /** @description Whether a hook is switched off. */
        readonly DisableForm: {
            /** @description True to take nothing until it is false again. */
            readonly disabled: boolean;
        };
        /** @description A document with all that is known of it. */
        readonly DocumentDetail: {
            readonly document: components["schemas"]["DocumentShown"];
            readonly matches?: components["schemas"]["Matches"] | null;
            readonly order?: components["schemas"]["DocumentOrder"] | null;
            readonly parsed?: components["schemas"]["ParsedDocument"] | null;
            readonly receipt?: components["schemas"]["DocumentReceiptShown"] | null;
            /** @description What of the file was not read, and why. */
            readonly skipped: readonly components["schemas"]["Skipped"][];
            readonly supplier?: components["schemas"]["DocumentSupplier"] | null;
        };
        /** @description A purchase order that a document is for. */
        readonly DocumentOrder: {
            readonly id: string;
            /** Format: int64 */
            readonly number: number;
            /** @description `draft`, `sent`, `confirmed`, `received`, `closed` or `cancelled`. */
            readonly state: string;
            /** @description Where its goods are to come. */
            readonly store: string;
        };
        /** @description Goods that came. */
        readonly DocumentReceiptForm: {
            /** @description What; every matched line with its quantity when left out. */
            readonly lines?: readonly components["schemas"]["DocumentReceiptLineForm"][] | null;
            /**
             * @description The purchase order that the goods are counted against: its id, or `none`; when left out, the order that the document names,
             *     if goods are waited for.
             */
            readonly order?: string | null;
            /** @description Where to. */
            readonly store: string;
        };
        /** @description Goods of one line. */
        readonly DocumentReceiptLineForm: {
            /** @description What all of it costs without tax, with a point; as the document's line says when left out. */
            readonly cost?: string | null;
            /**
             * Format: int32
             * @description The document's line, from 0; left out for what stands on none.
             */
            readonly line?: number | null;
            /** @description The product's id. */
            readonly product: string;
            /**
             * Format: int64
             * @description Pieces or grams, as the product is sold; above zero.
             */
            readonly quantity: number;
        };
        /** @description Goods that came, one line. */
        readonly DocumentReceiptLineShown: {
            /** @description What all of it costs without tax. */
            readonly cost?: string | null;
            readonly currency?: string | null;
            /**
             * Format: int32
             * @description The document's line, from 0.
             */
            readonly line?: number | null;
            readonly product: string;
            /**
             * Format: int64
             * @description Pieces or grams.
             */
            readonly quantity: number;
            /** @description `piece` or `g`. */
            readonly unit: string;
        };
        /** @description Goods that came by a document. */
        readonly DocumentReceiptShown: {
            readonly lines: readonly components["schemas"]["DocumentReceiptLineShown"][];
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly made_at_ms: number;
            /** @description Who said so. */
            readonly made_by: string;
            /** @description The purchase order that they were counted against. */
            readonly order?: string | null;
            readonly store: string;
        };
        /** @description A document as lists have it. */
        readonly DocumentShown: {
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly created_at_ms: number;
            readonly currency?: string | null;
            readonly file_name: string;
            /** @description How it was read: `ubl`, `pdf_text` .. */
            readonly format?: string | null;
            /** @description Total with tax, as the document says it. */
            readonly gross?: string | null;
            /** @description Whether the file can be had: one with a virus is removed. */
            readonly has_file: boolean;
            readonly id: string;
            /** @description `2026-11-22`. */
            readonly issued?: string | null;
            /** @description `invoice`, `delivery_note` .. */
            readonly kind?: string | null;
            /**
             * Format: int32
             * @description How many lines it has.
             */
            readonly lines: number;
            /**
             * Format: int32
             * @description How many of them are known with a probability of 0.8 or more.
             */
            readonly lines_sure: number;
            readonly number?: string | null;
            /** @description The container that it came in. */
            readonly parent?: string | null;
            /** @description Why it failed, and the way out. */
            readonly reason?: string | null;
            /** @description SHA-256 of the file. */
            readonly sha256: string;
            /** Format: int64 */
            readonly size_bytes: number;
            /**
             * @description `received`, `reading`, `split` (a mail or an archive: each of its documents is one of its own), `needs_review`,
             *     `confirmed`, `received_goods` or `failed`.
             */
            readonly state: string;
            /** @description The store that it is for; absent for the whole organisation. */
            readonly store?: string | null;
            /** @description What its supplier is known by: `tax:DE123456789`, `iban:..` or `name:..`. */
            readonly supplier_key?: string | null;
            readonly supplier_name?: string | null;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly updated_at_ms: number;
            /**
             * Format: int32
             * @description The newest correction that counts; 0 for what was read.
             */
            readonly version: number;
            /** Format: int32 */
            readonly warnings: number;
        };
        /** @description A supplier that a document is from. */
        readonly DocumentSupplier: {
            /** @description Why nothing is to be ordered from it. */
            readonly blacklist_reason?: string | null;
            readonly id: string;
            readonly name: string;
        };
        /** @description A document as a form. */
        readonly DocumentUpload: {
            /**
             * Format: binary
             * @description An e-invoice, PDF, picture, sheet, DXF, IFC, mail or ZIP of these.
             */
            readonly file: string;
        };
        /** @description Documents that were found, the best first. */
        readonly DocumentsFound: {
            readonly items: readonly components["schemas"]["DocumentShown"][];
            /** @description `after` of the next page; absent on the last, and behind the first 1,000. */
            readonly next?: string | null;
            /** @description How many there are in all; Meilisearch estimates it. */
            readonly total: number;
        };
        /** @description Why an order ends. */
        readonly EndForm: {
            /** @description Why. */
            readonly reason?: string;
        };
        /** @description That somebody will look. */
        readonly EnrichmentAsked: {
            /** @description The job; absent where one waits already. */
            readonly job?: string | null;
        };
        /** @description Numbers that somebody counted. */
        readonly EntriesForm: {
            /** @description Up to 500: all are taken, or none. */
            readonly entries: readonly components["schemas"]["EntryForm"][];
        };
        /** @description What was taken. */
        readonly EntriesTaken: {
            /** @description How many numbers were sent. */
            readonly taken: number;
        };
        /** @description What somebody did. */
        readonly Entry: {
            /** @description What. */
            readonly action: string;
            /** @description Who: `user:`, `token:`, `till:`, `hook:` or `system:` and an id. */
            readonly actor: string;
            /**
             * Format: int64
             * @description When, in milliseconds since 1970.
             */
            readonly at_ms: number;
            /** @description What else is worth knowing. */
            readonly detail: string;
            /** @description The chain's hash after it, in hexadecimal. */
            readonly hash: string;
            /**
             * Format: int64
             * @description Its place: 1, 2, 3, ...
             */
            readonly number: number;
            /** @description To what. */
            readonly object: string;
        };
        /** @description A number that somebody counted. */
        readonly EntryForm: {
            /** @description Whether it is added to what was counted already, because the goods lie in two places; else it takes its place. */
            readonly add?: boolean;
            /**
             * Format: int64
             * @description When it was counted, in milliseconds since 1970, where that was not just now.
             */
            readonly counted_at_ms?: number | null;
            /** @description A UUID that the caller drew: the same again counts once. */
            readonly id?: string | null;
            readonly product: string;
            /**
             * Format: int64
             * @description How many there are.
             */
            readonly quantity: number;
            readonly unit?: components["schemas"]["CountedIn"] | null;
        };
        /** @description What became of an event. */
        readonly EventAnswer: {
            readonly id: string;
            /** @description `changed`; `unchanged` where everything was so already; `known` where it was taken before. */
            readonly outcome: string;
        };
        /** @description One thing that happened. */
        readonly EventForm: {
            readonly data: components["schemas"]["PriceData"];
            /** @description What tells it apart from all others of this hook: the same id is taken once. */
            readonly id: string;
            /**
             * Format: int64
             * @description When it happened, in milliseconds since 1970. Hooks that are signed without a time need it.
             */
            readonly occurred_at_ms?: number | null;
            /** @enum {string} */
            readonly type: "price.changed";
        } | {
            readonly data: components["schemas"]["QuantityData"];
            /** @description As above. */
            readonly id: string;
            /**
             * Format: int64
             * @description As above.
             */
            readonly occurred_at_ms?: number | null;
            /** @enum {string} */
            readonly type: "stock.counted";
        } | {
            readonly data: components["schemas"]["QuantityData"];
            /** @description As above. */
            readonly id: string;
            /**
             * Format: int64
             * @description As above.
             */
            readonly occurred_at_ms?: number | null;
            /** @enum {string} */
            readonly type: "stock.delivered";
        } | {
            readonly data: components["schemas"]["ProductData"];
            /** @description As above. */
            readonly id: string;
            /**
             * Format: int64
             * @description As above.
             */
            readonly occurred_at_ms?: number | null;
            /** @enum {string} */
            readonly type: "product.upserted";
        };
        /** @description What is to be exported. */
        readonly ExportForm: {
            /**
             * @description `sales`, `sale_lines`, `stock`, `stock_movements`, `prices`, `forecasts`, `forecast_totals` or `audit`.
             * @example sales
             */
            readonly dataset: string;
            /**
             * @description From this trading day on.
             * @example 2026-11-01
             */
            readonly first_day?: string | null;
            /**
             * @description `csv`, `xlsx`, `json` or `parquet`. Amounts are decimal in the first two, and whole minor units in the others.
             * @example xlsx
             */
            readonly format: string;
            /**
             * @description Up to this trading day.
             * @example 2026-11-30
             */
            readonly last_day?: string | null;
            /** @description Of one store; of all when not said. */
            readonly store?: string | null;
        };
        /** @description An export and what became of it. */
        readonly ExportShown: {
            readonly dataset: string;
            /**
             * Format: int64
             * @description When its file is forgotten.
             */
            readonly expires_at_ms: number;
            /** Format: int64 */
            readonly finished_at_ms?: number | null;
            readonly first_day?: string | null;
            readonly format: string;
            readonly id: string;
            readonly last_day?: string | null;
            /** Format: int64 */
            readonly made_at_ms: number;
            readonly made_by: string;
            /** @description Why it could not be made. */
            readonly problem?: string | null;
            /** Format: int64 */
            readonly rows: number;
            /** Format: int64 */
            readonly size_bytes: number;
            /** @description Where its rows went, if it became no file. */
            readonly spreadsheet?: string | null;
            /** @description `waiting`, `ready` or `failed`. */
            readonly state: string;
            readonly store?: string | null;
        };
        /** @description The families of an organisation in order of name. */
        readonly Families: {
            readonly items: readonly components["schemas"]["Family"][];
        };
        /** @description A family of categories. */
        readonly Family: {
            readonly categories: readonly string[];
            readonly name: string;
        };
        /** @description What is said of a new family. */
        readonly FamilyForm: {
            /**
             * @description By field: `name`, `brand`, `sku`, `gtin`, `category`, `description`, `content`, `unit`, `ingredients`, `allergens`,
             *     `country`, `picture`, `url`. It needs a name. What a person says is replaced by nothing but a person.
             */
            readonly fields: {
                readonly [key: string]: string;
            };
            /** @description The product that it is, where it is one. */
            readonly product?: string | null;
        };
        /** @description A family. */
        readonly FamilyShown: {
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly created_at_ms: number;
            readonly fields: {
                readonly [key: string]: components["schemas"]["GivenShown"];
            };
            readonly id: string;
            /** @description The product that it is; absent where it is none of ours. */
            readonly product?: string | null;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly updated_at_ms: number;
        };
        /** @description A family with what became of it. */
        readonly FamilyWhole: {
            /** @description The last 100 changes, the newest first. */
            readonly changes: readonly components["schemas"]["ChangeShown"][];
            readonly family: components["schemas"]["FamilyShown"];
        };
        /** @description What came of a correction. */
        readonly FeedbackDone: components["schemas"]["DocumentDetail"] & {
            /**
             * @description Whether the supplier's next document is read by it: `waiting` (it is being tried), `learnt`, `refused` (it would make other
             *     documents worse) or `nothing` (there is nothing to learn but what its lines are).
             */
            readonly learning: string;
            /** @description Why, in words. */
            readonly learning_note?: string | null;
            /**
             * Format: int32
             * @description Its number; that of the one before where nothing is other.
             */
            readonly version: number;
        };
        /** @description A document as it should have been read. */
        readonly FeedbackForm: {
            /** @description The whole of it, with the corrections. */
            readonly corrected: components["schemas"]["ParsedDocument"];
            /** @description The document's id. */
            readonly document: string;
            /** @description What its lines are. A line that is left out keeps what was proposed as `sure`, and nothing else. */
            readonly matches?: readonly components["schemas"]["MatchForm"][];
            /**
             * Format: int32
             * @description The version that was corrected, so that nobody's correction is lost; not looked at when left out.
             */
            readonly version?: number | null;
        };
        /** @description A value with how sure it is and where it stood. */
        readonly Field_DocumentKind: {
            /**
             * Format: float
             * @description How likely it is right, 0 to 1. A structured file's own element has 1.
             */
            readonly confidence: number;
            /** @description Where from. */
            readonly origin: components["schemas"]["Origin"];
            readonly place?: components["schemas"]["Place"] | null;
            /**
             * @description What a document is for.
             * @enum {string}
             */
            readonly value: "invoice" | "credit_note" | "delivery_note" | "order" | "order_confirmation" | "price_list" | "bill_of_quantities";
        };
        /** @description A value with how sure it is and where it stood. */
        readonly Field_String: {
            /**
             * Format: float
             * @description How likely it is right, 0 to 1. A structured file's own element has 1.
             */
            readonly confidence: number;
            /** @description Where from. */
            readonly origin: components["schemas"]["Origin"];
            readonly place?: components["schemas"]["Place"] | null;
            readonly value: string;
        };
        /** @description A file of a report. */
        readonly FileShown: {
            /** @description `html` or `pdf`. */
            readonly format: string;
            /** @description `en`, `ru` or `de`. */
            readonly language: string;
        };
        /** @description What there is of each kind. */
        readonly FileTotals: {
            readonly items: readonly components["schemas"]["KindTotal"][];
        };
        /** @description How many findings of a code there are. */
        readonly FindingCount: {
            readonly code: string;
            /** Format: int64 */
            readonly count: number;
            readonly severity: string;
        };
        /** @description Something odd about a catalogue. */
        readonly FindingShown: {
            /**
             * @description A stable word for software.
             * @example price_outlier
             */
            readonly code: string;
            /** @description What it was compared with. */
            readonly expected?: string | null;
            readonly fix?: components["schemas"]["FixShown"] | null;
            /** @description Its name. */
            readonly name: string;
            /** @description The other product that it is about. */
            readonly other?: string | null;
            /** @description The product's id, where it has one. */
            readonly product: string;
            /**
             * Format: int32
             * @description The row of the file.
             */
            readonly row?: number | null;
            /** @description `error`, `warning` or `info`. */
            readonly severity: string;
            /** @description The same for people. */
            readonly text: components["schemas"]["FindingText"];
            /** @description What is there. */
            readonly value: string;
        };
        /** @description A sentence in each language. */
        readonly FindingText: {
            /** @description In English. */
            readonly en: string;
            /** @description In Russian. */
            readonly ru: string;
        };
        /** @description What is odd. */
        readonly Findings: {
            /** @description How many there are of each code, what matters most first. */
            readonly counts: readonly components["schemas"]["FindingCount"][];
            /** @description What matters most first. */
            readonly items: readonly components["schemas"]["FindingShown"][];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description What could be written in place of what is there. */
        readonly FixShown: {
            /** @description The field, for example `price` or `name:ru`. */
            readonly field: string;
            /** @description What to write. */
            readonly value: string;
        };
        /** @description A forecast without its days. */
        readonly ForecastBrief: {
            /** Format: int32 */
            readonly days: number;
            readonly first_day: string;
            readonly goodness?: components["schemas"]["Goodness"] | null;
            /**
             * Format: int32
             * @description Days of history that it knew.
             */
            readonly history_days: number;
            /**
             * Format: int64
             * @description When it was made.
             */
            readonly made_at_ms: number;
            /** @description The method that made it, `mix` of several, or `alike` where products like it stand for it. */
            readonly method: string;
            /** @description Its name by language. */
            readonly name: {
                readonly [key: string]: string;
            };
            readonly product: string;
            /** @description What the figures count: `piece`, or kilograms where it is `gram`. */
            readonly unit: components["schemas"]["Unit"];
            /**
             * Format: double
             * @description What is enough for the first week in nine of ten cases.
             */
            readonly week_high: number;
            /**
             * Format: double
             * @description What is expected in the first week.
             */
            readonly week_mean: number;
        };
        /** @description What is expected of one day. Pieces or kilograms. */
        readonly ForecastDay: {
            /** @description The same of everything from the first day up to this one. */
            readonly cumulative: readonly number[];
            readonly day: string;
            /**
             * Format: double
             * @description What is expected on average.
             */
            readonly mean: number;
            /** @description What is sold at most with each of `levels`. */
            readonly quantiles: readonly number[];
        };
        /** @description The forecast of a product in a store. */
        readonly ForecastShown: components["schemas"]["ForecastBrief"] & {
            readonly agreed?: components["schemas"]["AgreedValue"] | null;
            /** @description Day by day. */
            readonly forecast: readonly components["schemas"]["ForecastDay"][];
            /** @description What was sold in the days before. */
            readonly history: readonly components["schemas"]["SoldDayShown"][];
            /** @description The probabilities of the quantiles. */
            readonly levels: readonly number[];
            /** @description Why it is so. */
            readonly reasons: readonly components["schemas"]["ReasonShown"][];
            /** @description The run that made it. */
            readonly run: string;
            readonly store: string;
        };
        /** @description A place of a till's journal with two histories. */
        readonly Fork: {
            readonly known_hash: string;
            /** Format: int64 */
            readonly noticed_at_ms: number;
            readonly other_hash: string;
            /** Format: int64 */
            readonly sequence: number;
            readonly store: string;
            readonly till: string;
        };
        /**
         * @description Which of the readers read it, and from what.
         * @enum {string}
         */
        readonly Format: "ubl" | "cii" | "zugferd1" | "hybrid_pdf" | "fattura_pa" | "upd" | "pdf_text" | "scan" | "sheet" | "dxf" | "ifc" | "plain_text";
        /** @description Places of a till's journal that never came. */
        readonly Gap: {
            /** Format: int64 */
            readonly first: number;
            /** Format: int64 */
            readonly last: number;
            /** @description Whether the till itself lost them, so that they will never come. */
            readonly lost: boolean;
            /** Format: int64 */
            readonly noticed_at_ms: number;
            readonly store: string;
            readonly till: string;
        };
        /** @description A generation without its contents. */
        readonly GenerationShown: {
            /** @description What it changed: `catalogue`, `calibration`, `views` or `rollback`. */
            readonly kind: string;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly made_at_ms: number;
            readonly made_by: string;
            /** @description The model of its views; absent where there are none. */
            readonly model?: string | null;
            /** Format: int64 */
            readonly number: number;
            /**
             * Format: int64
             * @description How many products it has, archived ones included.
             */
            readonly products: number;
            /**
             * @description Whether it lasts only until the catalogue is changed: it was gone back to. The next change makes a generation of
             *     everything as it is in the cloud.
             */
            readonly until_next_change: boolean;
            /**
             * Format: int64
             * @description How many views it has.
             */
            readonly views: number;
        };
        /** @description The kept generations of a store, newest first. */
        readonly Generations: {
            readonly items: readonly components["schemas"]["GenerationShown"][];
        };
        /** @description A value, and who said so. */
        readonly GivenShown: {
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly at_ms: number;
            /** @description For example `person:..`, `import:erp`, `page:shop.example`, `rule:name`, `model:..`. */
            readonly source: string;
            readonly value: string;
        };
        /** @description How good a forecast has been on days that it did not know, against selling as on the same day of the last week. */
        readonly Goodness: {
            /** @description Whether it was better than that. */
            readonly is_better: boolean;
            /**
             * Format: double
             * @description Mean absolute error, scaled: 1 is as wrong as repeating the week is on the history.
             */
            readonly mase: number;
            /**
             * Format: double
             * @description The same of repeating the last week.
             */
            readonly seasonal_naive_mase: number;
        };
        /** @description A role, in the whole organisation or in one store. */
        readonly GrantForm: {
            /** @description What may be done. */
            readonly role: components["schemas"]["RoleWord"];
            /** @description Where; absent for the whole organisation. */
            readonly store?: string | null;
        };
        /** @description When somebody wants to be left alone. Times are minutes from midnight where they are. */
        readonly HabitForm: {
            /** @description Whether what is critical comes in the quiet time too. */
            readonly critical_always: boolean;
            /**
             * Format: int32
             * @description When the daily digest comes.
             */
            readonly digest_minute: number;
            /**
             * Format: int32
             * @description The first minute of the quiet time.
             */
            readonly quiet_from_minute: number;
            /**
             * Format: int32
             * @description The first one after it; the same as the first for no quiet time.
             */
            readonly quiet_until_minute: number;
            /**
             * @description An IANA time zone; nothing for that of the store.
             * @example Europe/Berlin
             */
            readonly time_zone: string;
        };
        /** @description The newest place of a till's journal. */
        readonly Head: {
            /** Format: int64 */
            readonly received_at_ms: number;
            /** Format: int64 */
            readonly sequence: number;
            readonly store: string;
            readonly till: string;
        };
        /** @description How the cloud is doing. */
        readonly Health: {
            /** @description The process answers. */
            readonly live: boolean;
            /** @description Each part. */
            readonly parts: readonly components["schemas"]["PartHealth"][];
            /** @description It can do its work: every part that it needs works. */
            readonly ready: boolean;
        };
        /** @description A state that became another. */
        readonly HealthChangeShown: {
            /** Format: int64 */
            readonly at_ms: number;
            readonly detail: string;
            /** Format: int64 */
            readonly id: number;
            readonly part: string;
            /** @description What it became. */
            readonly state: string;
            readonly subject: string;
        };
        /** @description What a day is called. */
        readonly HolidayForm: {
            /**
             * @description Its name.
             * @example City Day
             */
            readonly name: string;
        };
        /** @description A holiday. */
        readonly HolidayShown: {
            readonly day: string;
            /** @description The same name in another year is the same holiday. */
            readonly name: string;
        };
        /** @description Holidays in order. */
        readonly Holidays: {
            readonly items: readonly components["schemas"]["HolidayShown"][];
        };
        /** @description What became of a request. */
        readonly HookAnswer: {
            /** @description Its events, each once, in the order in which they came. */
            readonly events: readonly components["schemas"]["EventAnswer"][];
        };
        /** @description What another system tells. */
        readonly HookBatch: {
            /** @description Up to 1,000, in the order in which they happened; all are taken, or none. */
            readonly events: readonly components["schemas"]["EventForm"][];
        };
        /** @description A new hook. */
        readonly HookForm: {
            /** @description What it may tell of: `price.changed`, `stock.counted`, `stock.delivered`, `product.upserted`. */
            readonly kinds: readonly string[];
            /**
             * @description What it is for, as people read it.
             * @example Prices from the ERP
             */
            readonly name: string;
            /** @description The secret that the other system has made; one is made when left out. */
            readonly secret?: string | null;
            /**
             * @description `standard` (Standard Webhooks), or `hub` for systems that sign the content alone, in `X-Hub-Signature-256`; `standard` when
             *     left out.
             */
            readonly signing?: string | null;
        };
        /** @description A hook with its secret. */
        readonly HookMade: {
            readonly id: string;
            /**
             * @description Where requests go.
             * @example /api/v1/hooks/0197a9d2-6b1c-7c3e-9d53-0f1b6d0c2a11
             */
            readonly path: string;
            /** @description What they are signed with, shown this once. */
            readonly secret: string;
        };
        /** @description A request to a hook, and how it was answered. */
        readonly HookRequestShown: {
            /** Format: int64 */
            readonly at_ms: number;
            /**
             * Format: int32
             * @description How many events it told of, as far as that could be read.
             */
            readonly events: number;
            /** @description `webhook-id` of the request; empty where it had none. */
            readonly message: string;
            /**
             * Format: int32
             * @description How many of those were not known before.
             */
            readonly new_events: number;
            /** @description Why it was refused. */
            readonly problem?: string | null;
            /** Format: int64 */
            readonly size_bytes: number;
            /**
             * Format: int32
             * @description The status of the answer.
             */
            readonly status: number;
        };
        /** @description A hook. */
        readonly HookShown: {
            readonly disabled: boolean;
            readonly id: string;
            /** @description What it may tell of. */
            readonly kinds: readonly string[];
            /** Format: int64 */
            readonly made_at_ms: number;
            readonly made_by: string;
            readonly name: string;
            /** @description Where requests go. */
            readonly path: string;
            /**
             * Format: int64
             * @description Until when the secret before counts too.
             */
            readonly secret_before_until_ms?: number | null;
            /** @description `standard` or `hub`. */
            readonly signing: string;
            /**
             * Format: int64
             * @description When something was taken last, as far back as requests are kept.
             */
            readonly taken_at_ms?: number | null;
        };
        /** @description All hooks. */
        readonly Hooks: {
            readonly items: readonly components["schemas"]["HookShown"][];
        };
        /** @description Why a row is left out, or was refused. */
        readonly ImportReason: {
            /**
             * @description A stable word for software; empty in imports of before there was one.
             * @example gtin_check_digit
             */
            readonly code: string;
            /** @description The same for people. */
            readonly text: components["schemas"]["FindingText"];
            /** @description What it is about, by names: `field`, `number`, `product` .. `detail` is what a program said, in its own words. */
            readonly values: {
                readonly [key: string]: string;
            };
        };
        /** @description What becomes of a row. */
        readonly ImportRowShown: {
            /** @description Field by field, from what to what. */
            readonly changes: readonly components["schemas"]["CatalogueChange"][];
            /** @description Whether it was applied, or passed over. */
            readonly done: boolean;
            /** @description What people know it by. */
            readonly label: string;
            /**
             * Format: int64
             * @description Its place in the plan.
             */
            readonly number: number;
            /** @description `new`, `changed`, `left_out` or `retired`. */
            readonly outcome: string;
            readonly problem?: components["schemas"]["ImportReason"] | null;
            readonly product?: string | null;
            /**
             * Format: int32
             * @description Its place in the file; absent for a product that the file lacks.
             */
            readonly row?: number | null;
        };
        /** @description An import and how far it has come. */
        readonly ImportShown: {
            readonly counts: components["schemas"]["CountsShown"];
            /**
             * Format: int64
             * @description When it is forgotten.
             */
            readonly expires_at_ms: number;
            readonly file_name: string;
            /** Format: int64 */
            readonly finished_at_ms?: number | null;
            /** @description `csv`, `sheet`, `json` or `commerceml`; absent until it was read. */
            readonly format?: string | null;
            readonly id: string;
            readonly language: string;
            /** Format: int64 */
            readonly made_at_ms: number;
            readonly made_by: string;
            readonly match: string;
            readonly missing: string;
            /** @description What to mind. */
            readonly notes: readonly components["schemas"]["Note"][];
            /** Format: int64 */
            readonly planned_at_ms?: number | null;
            /** Format: int64 */
            readonly prices_from_ms?: number | null;
            readonly problem?: components["schemas"]["Skipped"] | null;
            /** Format: int64 */
            readonly size_bytes: number;
            /** @description `planning`, `planned`, `applying`, `applied` or `failed`. */
            readonly state: string;
        };
        /** @description How far each till's journal is known, and what is odd about it. */
        readonly Journals: {
            /** @description Places that came twice with different sales: the till was restored from an old backup, or there are two of it. */
            readonly forks: readonly components["schemas"]["Fork"][];
            /** @description Places that never came. */
            readonly gaps: readonly components["schemas"]["Gap"][];
            /** @description The newest place of each till that ever sent anything. */
            readonly heads: readonly components["schemas"]["Head"][];
        };
        /** @description What there is of a kind. */
        readonly KindTotal: {
            /**
             * Format: int64
             * @description How many; absent for pictures of pages, which are drawn anew whenever somebody looks.
             */
            readonly files?: number | null;
            /**
             * Format: int32
             * @description After how many hours one goes by itself; absent where it stays.
             */
            readonly kept_hours?: number | null;
            /** @description `document`, `photo`, `export`, `report`, `page_picture` (of documents) or `camera_crop`. */
            readonly kind: string;
            /**
             * Format: int64
             * @description How large together, as far as it is known.
             */
            readonly size_bytes?: number | null;
        };
        /** @description One line of goods. */
        readonly Line: {
            /**
             * @description Discounts and surcharges of this line.
             * @default []
             */
            readonly adjustments: readonly components["schemas"]["Adjustment"][];
            /** @default null */
            readonly buyer_article: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly description: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly expires: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly gross_amount: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly gtin: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly lot: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly name: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly net_amount: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly pack_quantity: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly position: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly price_basis: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly quantity: components["schemas"]["Field_String"] | null;
            /**
             * @description The heading the line stands under: a section of a price list, a layer of a drawing, a storey of a building.
             * @default null
             */
            readonly section: string | null;
            /** @default null */
            readonly supplier_article: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly tax_amount: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly tax_rate: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly unit: components["schemas"]["Field_String"] | null;
            /**
             * @description The same as a code of UN/ECE Recommendation 20, where it is understood: `H87` piece, `KGM`, `LTR`, `CS` case ..
             * @default null
             */
            readonly unit_code: string | null;
            /** @default null */
            readonly unit_price: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly unit_price_gross: components["schemas"]["Field_String"] | null;
        };
        /** @description What one line is. */
        readonly LineMatch: {
            /** @description How sure that is. */
            readonly badge: components["schemas"]["Badge"];
            /** @description What it may be, the likeliest first; five at most. */
            readonly candidates: readonly components["schemas"]["Candidate"][];
            readonly conversion?: components["schemas"]["Conversion"] | null;
            /**
             * Format: int32
             * @description The line, from 0.
             */
            readonly line: number;
            /**
             * Format: double
             * @description The best candidate's probability; 1 for what somebody said.
             */
            readonly probability: number;
            /** @description The product that is meant or was chosen; absent where it is new or left out. */
            readonly product?: string | null;
            readonly proposal?: components["schemas"]["Proposal"] | null;
        };
        /** @description One reason of a line. Quantities are pieces or grams. */
        readonly LineReason: {
            /**
             * Format: int32
             * @description Over how many days, the day of the order included.
             */
            readonly days: number;
            /** @enum {string} */
            readonly kind: "demand";
            /**
             * Format: int64
             * @description On average.
             */
            readonly quantity: number;
        } | {
            /** @enum {string} */
            readonly kind: "promotion";
            /**
             * Format: int64
             * @description How much.
             */
            readonly quantity: number;
        } | {
            /**
             * Format: int32
             * @description For so many days.
             */
            readonly days: number;
            /** @enum {string} */
            readonly kind: "beyond_forecast";
        } | {
            /** @enum {string} */
            readonly kind: "safety";
            /**
             * Format: double
             * @description With which probability it is to suffice.
             */
            readonly level: number;
            /**
             * Format: int64
             * @description Below zero where less than the mean is worth having.
             */
            readonly quantity: number;
        } | {
            /**
             * Format: int32
             * @description Days on which it can be sold before the delivery after this one.
             */
            readonly days: number;
            /** @enum {string} */
            readonly kind: "newsvendor";
            /**
             * Format: double
             * @description With which probability the last piece has to be sold in time.
             */
            readonly ratio: number;
        } | {
            /** @enum {string} */
            readonly kind: "reorder_point";
            /**
             * Format: int64
             * @description Up to which.
             */
            readonly maximum: number;
            /**
             * Format: int64
             * @description At which stock.
             */
            readonly minimum: number;
        } | {
            /** @enum {string} */
            readonly kind: "stock";
            /**
             * Format: int64
             * @description On hand.
             */
            readonly on_hand: number;
            /**
             * Format: int64
             * @description Of it to be there at least.
             */
            readonly reserved: number;
        } | {
            /** @enum {string} */
            readonly kind: "spoils";
            /**
             * Format: int64
             * @description How much.
             */
            readonly quantity: number;
        } | {
            /** @enum {string} */
            readonly kind: "on_order";
            /**
             * Format: int64
             * @description How much.
             */
            readonly quantity: number;
        } | {
            /** @enum {string} */
            readonly kind: "on_order_later";
            /**
             * Format: int64
             * @description How much.
             */
            readonly quantity: number;
        } | {
            /** @enum {string} */
            readonly kind: "overdue";
            /**
             * Format: int64
             * @description How much.
             */
            readonly quantity: number;
        } | {
            /** @enum {string} */
            readonly kind: "lost_before";
            /**
             * Format: int64
             * @description How much.
             */
            readonly quantity: number;
        } | {
            /** @enum {string} */
            readonly kind: "substitute";
            /** @description The other. */
            readonly product: string;
            /**
             * Format: int64
             * @description For how much.
             */
            readonly quantity: number;
        } | {
            /** @enum {string} */
            readonly kind: "rounded_to_pack";
            /**
             * Format: int64
             * @description What is needed.
             */
            readonly needed: number;
            /**
             * Format: int64
             * @description What the packs hold.
             */
            readonly quantity: number;
        } | {
            /** @enum {string} */
            readonly kind: "not_worth_a_pack";
        } | {
            /** @enum {string} */
            readonly kind: "maximum";
            /**
             * Format: int64
             * @description How much still may come.
             */
            readonly room: number;
        } | {
            /** @enum {string} */
            readonly kind: "budget";
            /**
             * Format: int64
             * @description Packs that are needed.
             */
            readonly packs: number;
        } | {
            /** @enum {string} */
            readonly kind: "filled_to_minimum";
            /**
             * Format: int64
             * @description Packs beyond the need.
             */
            readonly packs: number;
        } | {
            /** @enum {string} */
            readonly kind: "waits_for_minimum";
            /**
             * Format: int64
             * @description What is missing to it, in minor units.
             */
            readonly missing_minor: number;
        } | {
            /** @description The next day on which it does. */
            readonly day: string;
            /** @enum {string} */
            readonly kind: "waits_for_order_day";
        } | {
            /** @enum {string} */
            readonly kind: "no_delivery";
        };
        /** @description One reason of a line, for software and for people. */
        readonly LineReasonShown: {
            /** @description What it is. */
            readonly reason: components["schemas"]["LineReason"];
            /** @description In words. */
            readonly text: components["schemas"]["Sentence"];
        };
        /** @description What a line is, as somebody says it. */
        readonly MatchForm: {
            /** @description How many stock units (pieces or grams) one unit of the line is, for example `6`; as proposed when left out. */
            readonly factor?: string | null;
            /**
             * Format: int32
             * @description The line, from 0.
             */
            readonly line: number;
            /** @description The product's id; nothing where it is none of the shop's. */
            readonly product?: string | null;
        };
        /** @description What the lines of a document are. */
        readonly Matches: {
            /** @description Line by line. */
            readonly lines: readonly components["schemas"]["LineMatch"][];
        };
        /** @description A method and its weight. */
        readonly MethodPart: {
            /** @description Its name. */
            readonly method: string;
            /**
             * Format: double
             * @description From 0 to 1.
             */
            readonly weight: number;
        };
        /** @description Somebody who did not get it. */
        readonly Missed: {
            readonly name: string;
            readonly person: string;
            /** @description What went wrong last. */
            readonly problem?: string | null;
            /** @description `waiting` while a message is on its way, `dead` where all were given up, `unreached` where there is no address to send one to. */
            readonly state: string;
        };
        /**
         * @description What became of goods that did not come.
         * @enum {string}
         */
        readonly MissingWord: "waste" | "found" | "returned";
        /** @description A change of stock. */
        readonly MovementShown: {
            /**
             * Format: int64
             * @description When; of a sale when it was paid. Milliseconds since 1970.
             */
            readonly at_ms: number;
            /**
             * Format: int64
             * @description What came in; what went out is below zero.
             */
            readonly change: number;
            /**
             * Format: int64
             * @description Its place in the ledger: later ones are higher.
             */
            readonly id: number;
            /** @description Who booked it. */
            readonly made_by: string;
            /** @description What whoever booked it had to say. */
            readonly note: string;
            readonly origin?: components["schemas"]["OriginShown"] | null;
            readonly product: string;
            /** @description `sale`, `opening`, `delivery`, `correction`, `waste`, `transfer_out` or `transfer_in`. */
            readonly reason: string;
            readonly unit: components["schemas"]["CountedIn"];
        };
        /** @description Changes of stock, the newest first. */
        readonly Movements: {
            /**
             * Format: int64
             * @description `before` of older ones; absent where there are none.
             */
            readonly before?: number | null;
            readonly items: readonly components["schemas"]["MovementShown"][];
        };
        /** @description A new command. */
        readonly NewCommandForm: {
            /** @description What to do. */
            readonly op: components["schemas"]["Op"];
        };
        /** @description A new person. */
        readonly NewPerson: {
            /**
             * @description What they sign in with.
             * @example ann@example.org
             */
            readonly email: string;
            /** @description What they may do. */
            readonly grants: readonly components["schemas"]["GrantForm"][];
            /**
             * @description The language of their screens.
             * @example en
             */
            readonly language: string;
            /**
             * @description Their name as people read it.
             * @example Ann Example
             */
            readonly name: string;
            /**
             * Format: password
             * @description Their first password; absent to have one made, which the answer shows once.
             */
            readonly password?: string | null;
        };
        /** @description A new store. */
        readonly NewStore: {
            /** @description Everything else. */
            readonly details: components["schemas"]["StoreForm"];
            /**
             * @description Its id: part of topics, addresses and certificates, so it never changes.
             * @example berlin-1
             */
            readonly id: string;
        };
        /** @description A new till. */
        readonly NewTill: {
            /**
             * @description Its id: part of topics and certificates, so it never changes.
             * @example till-1
             */
            readonly id: string;
            /**
             * @description Its name as people read it.
             * @example Left of the door
             */
            readonly name: string;
        };
        /** @description A new token. */
        readonly NewToken: {
            /**
             * Format: int64
             * @description Until when it is good, in milliseconds since 1970; absent until it is revoked.
             */
            readonly expires_at_ms?: number | null;
            /** @description What it may do; an owner's rights are for people alone. */
            readonly grant: components["schemas"]["GrantForm"];
            /**
             * @description What it is for, as people read it.
             * @example Nightly export to the ERP
             */
            readonly name: string;
        };
        /** @description An offer that is not compared. */
        readonly NotCompared: {
            /** @description A word for programs: `blacklisted`, `not_yet`, `expired`, `superseded`, `other_unit`, `other_currency` or `too_many`. */
            readonly code: string;
            readonly offer: components["schemas"]["OfferShown"];
            /** @description Why. */
            readonly reason: string;
            readonly supplier_name: string;
        };
        /** @description Something to mind. */
        readonly Note: {
            /** @description A short stable word: `totals_differ`, `lines_cut` .. */
            readonly code: string;
            /** @description The same as an English sentence without its stop. */
            readonly text: string;
            /** @description What it is about, by names: `computed`, `said`, `limit` .. `detail` is what a program said, in its own words. */
            readonly values: {
                readonly [key: string]: string;
            };
        };
        /** @description Something that people are told of. */
        readonly NoticeShown: {
            /** Format: int64 */
            readonly acknowledged_at_ms?: number | null;
            /** @description Who took it on. */
            readonly acknowledged_by?: string | null;
            /** @description What the words were made of. */
            readonly data: unknown;
            readonly event: string;
            /** Format: int64 */
            readonly id: number;
            /** Format: int64 */
            readonly last_seen_at_ms: number;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly raised_at_ms: number;
            /** @description Whether the caller has read it. */
            readonly read: boolean;
            /**
             * Format: int64
             * @description Absent while it is so.
             */
            readonly settled_at_ms?: number | null;
            readonly severity: string;
            /** @description Absent where it is about the whole organisation. */
            readonly store?: string | null;
            /** @description One line. */
            readonly subject: string;
            readonly text: string;
        };
        /** @description What a supplier asks for an article. */
        readonly OfferForm: {
            /** @description The supplier's article number. */
            readonly article?: string;
            /** @description ISO 4217 code; the supplier's own when not said. */
            readonly currency?: string | null;
            /** @description Its GTIN. */
            readonly gtin?: string | null;
            /** @description What the supplier calls it. */
            readonly name?: string;
            /** @description What is in a pack. */
            readonly pack: components["schemas"]["PackForm"];
            /**
             * @description Price of a pack without tax.
             * @example 9.60
             */
            readonly pack_price: string;
            /**
             * Format: int32
             * @description The fewest packs that it sells at once.
             */
            readonly packs_min?: number;
            /**
             * Format: int32
             * @description It sells packs in multiples of this.
             */
            readonly packs_multiple?: number;
            /** @description Which product of the catalogue it is, where that is known. */
            readonly product?: string | null;
            /**
             * Format: int32
             * @description The tax on it, in hundredths of a percent.
             */
            readonly tax_basis_points?: number | null;
            /**
             * @description The first day on which it holds.
             * @example 2026-12-01
             */
            readonly valid_from?: string | null;
            /** @description The last. */
            readonly valid_to?: string | null;
        };
        /** @description Which product an article is. */
        readonly OfferProductForm: {
            /** @description The product's id; null for none of the catalogue. */
            readonly product?: string | null;
        };
        /** @description An offer. */
        readonly OfferShown: {
            readonly article: string;
            readonly currency: string;
            readonly gtin?: string | null;
            readonly id: string;
            /** Format: int64 */
            readonly made_at_ms: number;
            readonly made_by: string;
            readonly name: string;
            readonly origin: string;
            readonly pack: components["schemas"]["PackForm"];
            /** @description Price of a pack without tax. */
            readonly pack_price: string;
            /** Format: int32 */
            readonly packs_min: number;
            /** Format: int32 */
            readonly packs_multiple: number;
            readonly product?: string | null;
            readonly supplier: string;
            /** Format: int32 */
            readonly tax_basis_points?: number | null;
            /** @description Price of a piece or gram without tax. */
            readonly unit_price: string;
            readonly valid_from?: string | null;
            readonly valid_to?: string | null;
        };
        /** @description Offers that come together. */
        readonly OffersForm: {
            /** @description Up to 1000 of them. One for an article and first day that are there takes that one's place. */
            readonly offers: readonly components["schemas"]["OfferForm"][];
            /** @description Where they come from, for example the number of a price list. */
            readonly origin?: string;
        };
        /** @description What became of offers. */
        readonly OffersTaken: {
            /** @description How many were written down. */
            readonly taken: number;
            /** @description What could not be, and why. */
            readonly warnings: readonly components["schemas"]["Warning"][];
        };
        /** @description What of a product is on its way in one order. */
        readonly OnOrderShown: {
            /** Format: int64 */
            readonly number: number;
            readonly purchase_order: string;
            /** Format: int64 */
            readonly quantity: number;
            readonly store: string;
            readonly unit: components["schemas"]["Unit"];
            readonly wanted_on?: string | null;
        };
        /** @description What of a product is on its way. */
        readonly OnOrders: {
            readonly items: readonly components["schemas"]["OnOrderShown"][];
        };
        /**
         * @description What a till can be told to do.
         * @enum {string}
         */
        readonly Op: "report" | "pull_catalogue" | "reconnect";
        /** @description An order as somebody writes it. */
        readonly OrderForm: {
            /** @description ISO 4217 code of its prices; the supplier's own when not said. */
            readonly currency?: string | null;
            /** @description Up to 1000 lines. */
            readonly lines: readonly components["schemas"]["OrderLineForm"][];
            /** @description What else the supplier is told. */
            readonly note?: string;
            /** @description Where the goods are to come. */
            readonly store: string;
            /** @description To whom. */
            readonly supplier: string;
            /** @description The day on which the goods are wanted, such as `2026-01-31`. */
            readonly wanted_on?: string | null;
        };
        /** @description A line as somebody writes it: an offer's, or one of its own. */
        readonly OrderLineForm: {
            /** @description The supplier's article number. */
            readonly article?: string | null;
            /** @description Its GTIN. */
            readonly gtin?: string | null;
            /** @description What it is called. */
            readonly name?: string | null;
            /** @description The offer that it takes; what else is said goes before what the offer says. */
            readonly offer?: string | null;
            readonly pack?: components["schemas"]["PackForm"] | null;
            /**
             * @description Price of a pack without tax.
             * @example 9.60
             */
            readonly pack_price?: string | null;
            /**
             * Format: int32
             * @description Packs to order.
             */
            readonly packs: number;
            /** @description Which product of the catalogue it is. */
            readonly product?: string | null;
            /**
             * Format: int32
             * @description The tax on it, in hundredths of a percent.
             */
            readonly tax_basis_points?: number | null;
        };
        /** @description A line and what has come of it. */
        readonly OrderLineShown: {
            /**
             * Format: int64
             * @description Pieces or grams that came and are good.
             */
            readonly accepted: number;
            /** @description Price of all packs without tax. */
            readonly amount: string;
            readonly article: string;
            /**
             * Format: int64
             * @description Pieces or grams that came spoilt.
             */
            readonly damaged: number;
            readonly gtin?: string | null;
            readonly name: string;
            /**
             * Format: int32
             * @description Its number, from 1.
             */
            readonly number: number;
            /**
             * Format: int64
             * @description Pieces or grams that came and were not ordered.
             */
            readonly over: number;
            readonly pack: components["schemas"]["PackForm"];
            /** @description Price of a pack without tax. */
            readonly pack_price: string;
            /** Format: int32 */
            readonly packs: number;
            /**
             * Format: int32
             * @description Packs that the supplier confirmed.
             */
            readonly packs_confirmed?: number | null;
            readonly product?: string | null;
            /**
             * Format: int64
             * @description Pieces or grams that were ordered and have not come.
             */
            readonly short: number;
            /** Format: int32 */
            readonly tax_basis_points?: number | null;
            /** @description What all these count. */
            readonly unit: components["schemas"]["Unit"];
        };
        /** @description A purchase order. */
        readonly OrderShown: {
            readonly currency: string;
            readonly id: string;
            /** @description Its lines; a list leaves them out. */
            readonly lines?: readonly components["schemas"]["OrderLineShown"][] | null;
            /** Format: int64 */
            readonly made_at_ms: number;
            readonly made_by: string;
            readonly note: string;
            /**
             * Format: int64
             * @description Its number in the organisation.
             */
            readonly number: number;
            /** @description Why it was called off or closed. */
            readonly reason: string;
            /** Format: int64 */
            readonly sent_at_ms?: number | null;
            /** @description `draft`, `sent`, `confirmed`, `received`, `closed` or `cancelled`. */
            readonly state: string;
            readonly store: string;
            readonly supplier: string;
            readonly supplier_reference: string;
            /** Format: int64 */
            readonly updated_at_ms: number;
            readonly wanted_on?: string | null;
        };
        /**
         * @description Where a value comes from.
         * @enum {string}
         */
        readonly Origin: "structured" | "printed" | "recognised" | "computed" | "learnt" | "model" | "person";
        /** @description What a change of stock belongs to. */
        readonly OriginShown: {
            /** @description Its id. */
            readonly id: string;
            /** @description `sale`, `order` (goods that came for one), `document` (goods that came by one), `count`, `correction`, `waste` or `transfer`. */
            readonly kind: string;
        };
        /** @description A file. */
        readonly OwnFile: {
            /**
             * Format: int64
             * @description When it goes by itself; absent where it stays until somebody removes it.
             */
            readonly expires_at_ms?: number | null;
            /** @description The id of what it belongs to. */
            readonly id: string;
            /** @description `document`, `photo`, `export` or `report`. */
            readonly kind: string;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly made_at_ms: number;
            /** @example invoice.pdf */
            readonly name: string;
            /** @description Whether somebody removed it already: it can be had back until it goes. */
            readonly removed: boolean;
            /**
             * Format: int64
             * @description Absent for reports that were made before their sizes were kept.
             */
            readonly size_bytes?: number | null;
        };
        /** @description What one pack holds. */
        readonly PackForm: {
            /**
             * Format: int32
             * @description How many pieces or grams: 12 of a case of twelve, 1 of a single piece, 1000 of a kilogram.
             */
            readonly content: number;
            /** @description Pieces or grams. */
            readonly unit: components["schemas"]["Unit"];
        };
        /** @description Packs as somebody wants them. */
        readonly PacksForm: {
            /** @description Packs by the line's number from 1; 0 leaves a line out, and lines that are not named stay as they are. */
            readonly packs: {
                readonly [key: string]: number;
            };
        };
        /** @description What is looked up: a page, or a GTIN in Open Food Facts. */
        readonly PageTargetForm: {
            /**
             * Format: int32
             * @description How often, in hours; a day when not said.
             */
            readonly every_hours?: number | null;
            /** @description A GTIN to look up in Open Food Facts. */
            readonly gtin?: string | null;
            /** @description Whose shop it is, where that is a supplier. */
            readonly supplier?: string | null;
            /**
             * @description The address of a public page with a product on it.
             * @example https://shop.example/milk
             */
            readonly url?: string | null;
        };
        /** @description What is looked up, and how that went. */
        readonly PageTargetShown: {
            /** @description The address or the GTIN. */
            readonly address: string;
            /** Format: int32 */
            readonly every_hours: number;
            /**
             * Format: int32
             * @description Visits in a row that went wrong.
             */
            readonly failures: number;
            readonly id: string;
            /** @description `page` or `open_food_facts`. */
            readonly kind: string;
            /** Format: int64 */
            readonly next_at_ms: number;
            /** @description Why the last visit went wrong. */
            readonly problem?: string | null;
            /**
             * Format: int32
             * @description Products that were found at the last visit that went well.
             */
            readonly products: number;
            readonly supplier?: string | null;
            /** Format: int64 */
            readonly visited_at_ms?: number | null;
        };
        /** @description A part of a long list. */
        readonly Page_Balance: {
            /** @description The things. */
            readonly items: readonly {
                /**
                 * Format: int64
                 * @description What may be sold: on hand without what is kept.
                 */
                readonly available: number;
                /**
                 * Format: int64
                 * @description When it was counted last, in milliseconds since 1970.
                 */
                readonly counted_at_ms?: number | null;
                /**
                 * Format: int64
                 * @description On their way from other stores.
                 */
                readonly in_transit: number;
                /**
                 * Format: int64
                 * @description How many there is room for, as its ordering rule says.
                 */
                readonly maximum?: number | null;
                /**
                 * Format: int64
                 * @description How many are to be there at least, as its ordering rule says.
                 */
                readonly minimum?: number | null;
                /** @description Names by language; nothing once the product is gone. */
                readonly name: {
                    readonly [key: string]: string;
                };
                /**
                 * Format: int64
                 * @description Still to come by orders that went to their suppliers.
                 */
                readonly on_order: number;
                readonly product: string;
                /**
                 * Format: int64
                 * @description On hand. Below zero where more was sold than was ever booked in.
                 */
                readonly quantity: number;
                /**
                 * Format: int64
                 * @description How many are left when more are ordered: the minimum, else what the newest proposals were made with.
                 */
                readonly reorder_point?: number | null;
                /**
                 * Format: int64
                 * @description Of these kept for somebody.
                 */
                readonly reserved: number;
                /** @description `negative` (more was sold than booked in), `out`, `low` (at or below the reorder point), `over` (above the maximum) or `ok`. */
                readonly state: string;
                readonly unit: components["schemas"]["CountedIn"];
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_BroadcastShown: {
            /** @description The things. */
            readonly items: readonly {
                /** @description The channels beside the inbox. */
                readonly channels: readonly string[];
                /**
                 * Format: int64
                 * @description Messages that were given up.
                 */
                readonly dead: number;
                /** Format: int64 */
                readonly id: number;
                /**
                 * Format: int64
                 * @description How many people it names; 0 where it went to roles or everybody.
                 */
                readonly named: number;
                /** @description The roles that it was told; none for everybody. */
                readonly roles: readonly string[];
                /**
                 * Format: int64
                 * @description Messages that were taken.
                 */
                readonly sent: number;
                readonly severity: string;
                /** @description The store whose people it was told; absent for those of all. */
                readonly store?: string | null;
                readonly subject: string;
                readonly text: string;
                /**
                 * Format: int64
                 * @description Milliseconds since 1970.
                 */
                readonly told_at_ms: number;
                /**
                 * Format: int64
                 * @description Messages that are on their way.
                 */
                readonly waiting: number;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_CountLineShown: {
            /** @description The things. */
            readonly items: readonly {
                /** Format: int64 */
                readonly counted_at_ms?: number | null;
                readonly counted_by?: string | null;
                /**
                 * Format: int64
                 * @description How many more were counted than expected; fewer are below zero.
                 */
                readonly difference?: number | null;
                /**
                 * Format: int64
                 * @description What the ledger says of the moment at which it was; what it says now, as long as it was not.
                 */
                readonly expected?: number | null;
                /** @description Names by language; nothing once the product is gone. */
                readonly name: {
                    readonly [key: string]: string;
                };
                readonly product: string;
                /**
                 * Format: int64
                 * @description What was counted.
                 */
                readonly quantity?: number | null;
                readonly unit: components["schemas"]["CountedIn"];
                /**
                 * Format: int64
                 * @description What the difference is worth at the price when the count began, in minor units of the count's currency.
                 */
                readonly worth_minor?: number | null;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_CountShown: {
            /** @description The things. */
            readonly items: readonly {
                /** @description Which category, where it is one's. */
                readonly category?: string | null;
                /** @description Of what its differences are worth. */
                readonly currency: string;
                readonly id: string;
                /** Format: int64 */
                readonly made_at_ms: number;
                readonly made_by: string;
                readonly note: string;
                /** @description What is counted: `store`, `category` or `products`. */
                readonly scope: string;
                /** Format: int64 */
                readonly settled_at_ms?: number | null;
                readonly settled_by?: string | null;
                /** @description `open`, `closed` or `cancelled`. */
                readonly state: string;
                readonly store: string;
                /** @description What it found so far. */
                readonly sums: components["schemas"]["SumsShown"];
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_DeliveryShown: {
            /** @description The things. */
            readonly items: readonly {
                readonly address: string;
                /** Format: int32 */
                readonly attempts: number;
                readonly channel: string;
                /** @description Whether a process ended while it was sending it, so that it may have come twice. */
                readonly doubtful: boolean;
                readonly event: string;
                /** Format: int64 */
                readonly id: number;
                /** Format: int64 */
                readonly made_at_ms: number;
                /** Format: int64 */
                readonly notice?: number | null;
                /** @description Whose address it is. */
                readonly person: string;
                /** @description What went wrong last. */
                readonly problem?: string | null;
                /**
                 * Format: int64
                 * @description When it is tried next, or was first to be.
                 */
                readonly run_after_ms: number;
                /** Format: int64 */
                readonly settled_at_ms?: number | null;
                readonly state: string;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_DocumentShown: {
            /** @description The things. */
            readonly items: readonly {
                /**
                 * Format: int64
                 * @description Milliseconds since 1970.
                 */
                readonly created_at_ms: number;
                readonly currency?: string | null;
                readonly file_name: string;
                /** @description How it was read: `ubl`, `pdf_text` .. */
                readonly format?: string | null;
                /** @description Total with tax, as the document says it. */
                readonly gross?: string | null;
                /** @description Whether the file can be had: one with a virus is removed. */
                readonly has_file: boolean;
                readonly id: string;
                /** @description `2026-11-22`. */
                readonly issued?: string | null;
                /** @description `invoice`, `delivery_note` .. */
                readonly kind?: string | null;
                /**
                 * Format: int32
                 * @description How many lines it has.
                 */
                readonly lines: number;
                /**
                 * Format: int32
                 * @description How many of them are known with a probability of 0.8 or more.
                 */
                readonly lines_sure: number;
                readonly number?: string | null;
                /** @description The container that it came in. */
                readonly parent?: string | null;
                /** @description Why it failed, and the way out. */
                readonly reason?: string | null;
                /** @description SHA-256 of the file. */
                readonly sha256: string;
                /** Format: int64 */
                readonly size_bytes: number;
                /**
                 * @description `received`, `reading`, `split` (a mail or an archive: each of its documents is one of its own), `needs_review`,
                 *     `confirmed`, `received_goods` or `failed`.
                 */
                readonly state: string;
                /** @description The store that it is for; absent for the whole organisation. */
                readonly store?: string | null;
                /** @description What its supplier is known by: `tax:DE123456789`, `iban:..` or `name:..`. */
                readonly supplier_key?: string | null;
                readonly supplier_name?: string | null;
                /**
                 * Format: int64
                 * @description Milliseconds since 1970.
                 */
                readonly updated_at_ms: number;
                /**
                 * Format: int32
                 * @description The newest correction that counts; 0 for what was read.
                 */
                readonly version: number;
                /** Format: int32 */
                readonly warnings: number;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_Entry: {
            /** @description The things. */
            readonly items: readonly {
                /** @description What. */
                readonly action: string;
                /** @description Who: `user:`, `token:`, `till:`, `hook:` or `system:` and an id. */
                readonly actor: string;
                /**
                 * Format: int64
                 * @description When, in milliseconds since 1970.
                 */
                readonly at_ms: number;
                /** @description What else is worth knowing. */
                readonly detail: string;
                /** @description The chain's hash after it, in hexadecimal. */
                readonly hash: string;
                /**
                 * Format: int64
                 * @description Its place: 1, 2, 3, ...
                 */
                readonly number: number;
                /** @description To what. */
                readonly object: string;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_ExportShown: {
            /** @description The things. */
            readonly items: readonly {
                readonly dataset: string;
                /**
                 * Format: int64
                 * @description When its file is forgotten.
                 */
                readonly expires_at_ms: number;
                /** Format: int64 */
                readonly finished_at_ms?: number | null;
                readonly first_day?: string | null;
                readonly format: string;
                readonly id: string;
                readonly last_day?: string | null;
                /** Format: int64 */
                readonly made_at_ms: number;
                readonly made_by: string;
                /** @description Why it could not be made. */
                readonly problem?: string | null;
                /** Format: int64 */
                readonly rows: number;
                /** Format: int64 */
                readonly size_bytes: number;
                /** @description Where its rows went, if it became no file. */
                readonly spreadsheet?: string | null;
                /** @description `waiting`, `ready` or `failed`. */
                readonly state: string;
                readonly store?: string | null;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_FamilyShown: {
            /** @description The things. */
            readonly items: readonly {
                /**
                 * Format: int64
                 * @description Milliseconds since 1970.
                 */
                readonly created_at_ms: number;
                readonly fields: {
                    readonly [key: string]: components["schemas"]["GivenShown"];
                };
                readonly id: string;
                /** @description The product that it is; absent where it is none of ours. */
                readonly product?: string | null;
                /**
                 * Format: int64
                 * @description Milliseconds since 1970.
                 */
                readonly updated_at_ms: number;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_ForecastBrief: {
            /** @description The things. */
            readonly items: readonly {
                /** Format: int32 */
                readonly days: number;
                readonly first_day: string;
                readonly goodness?: components["schemas"]["Goodness"] | null;
                /**
                 * Format: int32
                 * @description Days of history that it knew.
                 */
                readonly history_days: number;
                /**
                 * Format: int64
                 * @description When it was made.
                 */
                readonly made_at_ms: number;
                /** @description The method that made it, `mix` of several, or `alike` where products like it stand for it. */
                readonly method: string;
                /** @description Its name by language. */
                readonly name: {
                    readonly [key: string]: string;
                };
                readonly product: string;
                /** @description What the figures count: `piece`, or kilograms where it is `gram`. */
                readonly unit: components["schemas"]["Unit"];
                /**
                 * Format: double
                 * @description What is enough for the first week in nine of ten cases.
                 */
                readonly week_high: number;
                /**
                 * Format: double
                 * @description What is expected in the first week.
                 */
                readonly week_mean: number;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_HealthChangeShown: {
            /** @description The things. */
            readonly items: readonly {
                /** Format: int64 */
                readonly at_ms: number;
                readonly detail: string;
                /** Format: int64 */
                readonly id: number;
                readonly part: string;
                /** @description What it became. */
                readonly state: string;
                readonly subject: string;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_HookRequestShown: {
            /** @description The things. */
            readonly items: readonly {
                /** Format: int64 */
                readonly at_ms: number;
                /**
                 * Format: int32
                 * @description How many events it told of, as far as that could be read.
                 */
                readonly events: number;
                /** @description `webhook-id` of the request; empty where it had none. */
                readonly message: string;
                /**
                 * Format: int32
                 * @description How many of those were not known before.
                 */
                readonly new_events: number;
                /** @description Why it was refused. */
                readonly problem?: string | null;
                /** Format: int64 */
                readonly size_bytes: number;
                /**
                 * Format: int32
                 * @description The status of the answer.
                 */
                readonly status: number;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_ImportRowShown: {
            /** @description The things. */
            readonly items: readonly {
                /** @description Field by field, from what to what. */
                readonly changes: readonly components["schemas"]["CatalogueChange"][];
                /** @description Whether it was applied, or passed over. */
                readonly done: boolean;
                /** @description What people know it by. */
                readonly label: string;
                /**
                 * Format: int64
                 * @description Its place in the plan.
                 */
                readonly number: number;
                /** @description `new`, `changed`, `left_out` or `retired`. */
                readonly outcome: string;
                readonly problem?: components["schemas"]["ImportReason"] | null;
                readonly product?: string | null;
                /**
                 * Format: int32
                 * @description Its place in the file; absent for a product that the file lacks.
                 */
                readonly row?: number | null;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_ImportShown: {
            /** @description The things. */
            readonly items: readonly {
                readonly counts: components["schemas"]["CountsShown"];
                /**
                 * Format: int64
                 * @description When it is forgotten.
                 */
                readonly expires_at_ms: number;
                readonly file_name: string;
                /** Format: int64 */
                readonly finished_at_ms?: number | null;
                /** @description `csv`, `sheet`, `json` or `commerceml`; absent until it was read. */
                readonly format?: string | null;
                readonly id: string;
                readonly language: string;
                /** Format: int64 */
                readonly made_at_ms: number;
                readonly made_by: string;
                readonly match: string;
                readonly missing: string;
                /** @description What to mind. */
                readonly notes: readonly components["schemas"]["Note"][];
                /** Format: int64 */
                readonly planned_at_ms?: number | null;
                /** Format: int64 */
                readonly prices_from_ms?: number | null;
                readonly problem?: components["schemas"]["Skipped"] | null;
                /** Format: int64 */
                readonly size_bytes: number;
                /** @description `planning`, `planned`, `applying`, `applied` or `failed`. */
                readonly state: string;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_NoticeShown: {
            /** @description The things. */
            readonly items: readonly {
                /** Format: int64 */
                readonly acknowledged_at_ms?: number | null;
                /** @description Who took it on. */
                readonly acknowledged_by?: string | null;
                /** @description What the words were made of. */
                readonly data: unknown;
                readonly event: string;
                /** Format: int64 */
                readonly id: number;
                /** Format: int64 */
                readonly last_seen_at_ms: number;
                /**
                 * Format: int64
                 * @description Milliseconds since 1970.
                 */
                readonly raised_at_ms: number;
                /** @description Whether the caller has read it. */
                readonly read: boolean;
                /**
                 * Format: int64
                 * @description Absent while it is so.
                 */
                readonly settled_at_ms?: number | null;
                readonly severity: string;
                /** @description Absent where it is about the whole organisation. */
                readonly store?: string | null;
                /** @description One line. */
                readonly subject: string;
                readonly text: string;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_OfferShown: {
            /** @description The things. */
            readonly items: readonly {
                readonly article: string;
                readonly currency: string;
                readonly gtin?: string | null;
                readonly id: string;
                /** Format: int64 */
                readonly made_at_ms: number;
                readonly made_by: string;
                readonly name: string;
                readonly origin: string;
                readonly pack: components["schemas"]["PackForm"];
                /** @description Price of a pack without tax. */
                readonly pack_price: string;
                /** Format: int32 */
                readonly packs_min: number;
                /** Format: int32 */
                readonly packs_multiple: number;
                readonly product?: string | null;
                readonly supplier: string;
                /** Format: int32 */
                readonly tax_basis_points?: number | null;
                /** @description Price of a piece or gram without tax. */
                readonly unit_price: string;
                readonly valid_from?: string | null;
                readonly valid_to?: string | null;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_OrderShown: {
            /** @description The things. */
            readonly items: readonly {
                readonly currency: string;
                readonly id: string;
                /** @description Its lines; a list leaves them out. */
                readonly lines?: readonly components["schemas"]["OrderLineShown"][] | null;
                /** Format: int64 */
                readonly made_at_ms: number;
                readonly made_by: string;
                readonly note: string;
                /**
                 * Format: int64
                 * @description Its number in the organisation.
                 */
                readonly number: number;
                /** @description Why it was called off or closed. */
                readonly reason: string;
                /** Format: int64 */
                readonly sent_at_ms?: number | null;
                /** @description `draft`, `sent`, `confirmed`, `received`, `closed` or `cancelled`. */
                readonly state: string;
                readonly store: string;
                readonly supplier: string;
                readonly supplier_reference: string;
                /** Format: int64 */
                readonly updated_at_ms: number;
                readonly wanted_on?: string | null;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_OwnFile: {
            /** @description The things. */
            readonly items: readonly {
                /**
                 * Format: int64
                 * @description When it goes by itself; absent where it stays until somebody removes it.
                 */
                readonly expires_at_ms?: number | null;
                /** @description The id of what it belongs to. */
                readonly id: string;
                /** @description `document`, `photo`, `export` or `report`. */
                readonly kind: string;
                /**
                 * Format: int64
                 * @description Milliseconds since 1970.
                 */
                readonly made_at_ms: number;
                /** @example invoice.pdf */
                readonly name: string;
                /** @description Whether somebody removed it already: it can be had back until it goes. */
                readonly removed: boolean;
                /**
                 * Format: int64
                 * @description Absent for reports that were made before their sizes were kept.
                 */
                readonly size_bytes?: number | null;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_PageTargetShown: {
            /** @description The things. */
            readonly items: readonly {
                /** @description The address or the GTIN. */
                readonly address: string;
                /** Format: int32 */
                readonly every_hours: number;
                /**
                 * Format: int32
                 * @description Visits in a row that went wrong.
                 */
                readonly failures: number;
                readonly id: string;
                /** @description `page` or `open_food_facts`. */
                readonly kind: string;
                /** Format: int64 */
                readonly next_at_ms: number;
                /** @description Why the last visit went wrong. */
                readonly problem?: string | null;
                /**
                 * Format: int32
                 * @description Products that were found at the last visit that went well.
                 */
                readonly products: number;
                readonly supplier?: string | null;
                /** Format: int64 */
                readonly visited_at_ms?: number | null;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_PriceSpanShown: {
            /** @description The things. */
            readonly items: readonly {
                readonly currency?: string | null;
                /**
                 * Format: int64
                 * @description From this moment on, in milliseconds since 1970.
                 */
                readonly from_ms: number;
                /** Format: int64 */
                readonly made_at_ms: number;
                readonly made_by: string;
                /**
                 * @description How it came: `registered` with the product, `edited` at once, `scheduled` for a moment; `found` where it was there before
                 *     prices were written down, so that its beginning is not certain.
                 */
                readonly origin: string;
                /** @description The price with a point; absent where in this store the organisation's price counts. */
                readonly price?: string | null;
                /** Format: int64 */
                readonly price_minor?: number | null;
                /** @description `past`, `present` or `future`. */
                readonly state: string;
                /** @description The store whose own price it is; absent where it is the organisation's. */
                readonly store?: string | null;
                /** @description What the price is for: `piece` or `kg`. */
                readonly unit?: string | null;
                /**
                 * Format: int64
                 * @description Before this moment; absent as long as nothing else is said.
                 */
                readonly until_ms?: number | null;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_ProductShown: {
            /** @description The things. */
            readonly items: readonly {
                /**
                 * Format: int32
                 * @description The buyer's least age, in years.
                 */
                readonly age_limit?: number | null;
                readonly archived: boolean;
                readonly category_name?: string | null;
                /**
                 * Format: int64
                 * @description Milliseconds since 1970.
                 */
                readonly created_at_ms: number;
                readonly currency: string;
                readonly gtin?: string | null;
                readonly id: string;
                /** @description Names by language. */
                readonly name: {
                    readonly [key: string]: string;
                };
                readonly plu?: string | null;
                /** @description The price with a point. */
                readonly price: string;
                /**
                 * Format: int64
                 * @description The price in minor units.
                 */
                readonly price_minor: number;
                readonly sku: string;
                readonly tax_code: string;
                /** @description What the price is for: `piece` or `kg`. */
                readonly unit: string;
                /**
                 * Format: int64
                 * @description Milliseconds since 1970.
                 */
                readonly updated_at_ms: number;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_ProposalShown: {
            /** @description The things. */
            readonly items: readonly {
                /** @description What all its lines cost without tax. */
                readonly amount: string;
                /** @description The day on which the goods would come. */
                readonly arrives_on?: string | null;
                readonly currency: string;
                /** Format: int64 */
                readonly decided_at_ms?: number | null;
                readonly decided_by?: string | null;
                /** @description Whether a person has changed it. */
                readonly edited: boolean;
                /**
                 * Format: int64
                 * @description Until when somebody can decide.
                 */
                readonly expires_at_ms: number;
                readonly id: string;
                readonly lines: readonly components["schemas"]["ProposalLineShown"][];
                /** Format: int64 */
                readonly made_at_ms: number;
                /** @description The day on which it is to be ordered. */
                readonly order_on: string;
                /** @description The order that it became. */
                readonly purchase_order?: string | null;
                /** @description Why it was rejected. */
                readonly reason: string;
                /** @description The run that it follows from. */
                readonly run: string;
                /** @description `open`, `accepted`, `rejected`, `expired` or `replaced`. */
                readonly state: string;
                readonly store: string;
                readonly supplier: string;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_RawProductShown: {
            /** @description The things. */
            readonly items: readonly {
                /** Format: int64 */
                readonly changed_at_ms: number;
                readonly currency?: string | null;
                readonly family: string;
                /** @description What it says, by field. */
                readonly fields: {
                    readonly [key: string]: string;
                };
                /** Format: int64 */
                readonly first_seen_at_ms: number;
                readonly gtin?: string | null;
                readonly id: string;
                readonly key: string;
                readonly price?: string | null;
                readonly rung?: string | null;
                /** Format: int64 */
                readonly seen_at_ms: number;
                readonly source: string;
                readonly url?: string | null;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_ReservationShown: {
            /** @description The things. */
            readonly items: readonly {
                readonly for_whom: string;
                readonly id: string;
                /** Format: int64 */
                readonly made_at_ms: number;
                readonly made_by: string;
                readonly product: string;
                /** Format: int64 */
                readonly quantity: number;
                readonly unit: components["schemas"]["CountedIn"];
                /** Format: int64 */
                readonly until_ms: number;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_RuleShown: {
            /** @description The things. */
            readonly items: readonly {
                /** @description `a`, `b` or `c`; by what it brings when not said. */
                readonly class?: string | null;
                /**
                 * Format: int32
                 * @description Days from the order to the goods; as the supplier says when not said.
                 */
                readonly lead_days?: number | null;
                readonly product: string;
                /**
                 * Format: int32
                 * @description Days from one order to the next.
                 */
                readonly review_days?: number | null;
                /**
                 * Format: int32
                 * @description Days that it can be sold for; it does not spoil when not said.
                 */
                readonly shelf_life_days?: number | null;
                /**
                 * Format: int64
                 * @description Pieces or grams that there is room for.
                 */
                readonly stock_max?: number | null;
                /**
                 * Format: int64
                 * @description Pieces or grams that are to be there at least.
                 */
                readonly stock_min?: number | null;
                /** @description Where it is bought; where it is cheapest when not said. */
                readonly supplier?: string | null;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_SaleRow: {
            /** @description The things. */
            readonly items: readonly {
                /** @description Its trading day. */
                readonly business_day: string;
                /**
                 * Format: int64
                 * @description When it was paid, by the till's clock, in milliseconds since 1970.
                 */
                readonly completed_at_ms: number;
                readonly currency: string;
                /**
                 * Format: int32
                 * @description How many digits of an amount in minor units stand behind the point.
                 */
                readonly currency_exponent: number;
                /**
                 * Format: int64
                 * @description What was paid, in minor units.
                 */
                readonly gross_minor: number;
                readonly id: string;
                /**
                 * Format: int64
                 * @description How many lines it has.
                 */
                readonly lines: number;
                /**
                 * Format: int64
                 * @description When it came in, in milliseconds since 1970.
                 */
                readonly received_at_ms: number;
                /**
                 * Format: int64
                 * @description Its place in the till's journal.
                 */
                readonly sequence: number;
                readonly till: string;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_SupplierShown: {
            /** @description The things. */
            readonly items: readonly {
                readonly address: string;
                readonly archived: boolean;
                /** @description Why nothing is bought there; absent where things are. */
                readonly blacklisted?: string | null;
                readonly contacts: readonly components["schemas"]["ContactForm"][];
                readonly country: string;
                /**
                 * Format: int64
                 * @description Milliseconds since 1970.
                 */
                readonly created_at_ms: number;
                readonly currency: string;
                readonly delivery: components["schemas"]["DeliveryForm"];
                readonly gln?: string | null;
                readonly iban?: string | null;
                readonly id: string;
                readonly language: string;
                readonly name: string;
                /** @description The smallest order that it takes, without tax. */
                readonly order_min?: string | null;
                readonly registration_id?: string | null;
                readonly tax_id?: string | null;
                /**
                 * Format: int64
                 * @description Milliseconds since 1970.
                 */
                readonly updated_at_ms: number;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_TotalShown: {
            /** @description The things. */
            readonly items: readonly {
                /** @description What is summed up. */
                readonly by: components["schemas"]["SummedBy"];
                /** @description The category's name; null for a store, and for products that have no category. */
                readonly category?: string | null;
                readonly currency: string;
                /**
                 * Format: int32
                 * @description How many digits of an amount in minor units stand behind the point.
                 */
                readonly currency_exponent: number;
                /** Format: int32 */
                readonly days: number;
                readonly first_day: string;
                /** @description Day by day. */
                readonly forecast: readonly components["schemas"]["TotalDayShown"][];
                /** @description The next fourteen days, or fewer where fewer are forecast. */
                readonly fortnight: components["schemas"]["Ahead"];
                readonly goodness?: components["schemas"]["Goodness"] | null;
                /** @description What was sold in the days before. */
                readonly history: readonly components["schemas"]["SoldValue"][];
                /**
                 * Format: int32
                 * @description Days of history that it knew.
                 */
                readonly history_days: number;
                /**
                 * Format: int64
                 * @description When it was made.
                 */
                readonly made_at_ms: number;
                /** @description The method that forecast it by itself, `mix` of several, or `sum` where too little is known for that and it is the sum of its products. */
                readonly method: string;
                /**
                 * Format: int32
                 * @description How many products it sums up.
                 */
                readonly products: number;
                /** @description Why it is so. */
                readonly reasons: readonly components["schemas"]["ReasonShown"][];
                /** @description The run whose forecasts it sums up. */
                readonly run: string;
                /** @description The next seven days. */
                readonly week: components["schemas"]["Ahead"];
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description A part of a long list. */
        readonly Page_TransferShown: {
            /** @description The things. */
            readonly items: readonly {
                readonly from: string;
                readonly id: string;
                readonly lines: readonly components["schemas"]["TransferLineShown"][];
                /** Format: int64 */
                readonly made_at_ms: number;
                readonly made_by: string;
                readonly note: string;
                /** Format: int64 */
                readonly sent_at_ms?: number | null;
                readonly sent_by?: string | null;
                /** Format: int64 */
                readonly settled_at_ms?: number | null;
                /** @description Who received it or called it off. */
                readonly settled_by?: string | null;
                /** @description `draft`, `sent`, `received` or `cancelled`. */
                readonly state: string;
                readonly to: string;
            }[];
            /** @description `after` of the next page; absent on the last. */
            readonly next?: string | null;
        };
        /** @description An event that the bus refused too often. */
        readonly ParkedEventShown: {
            /**
             * Format: int32
             * @description How often it was refused.
             */
            readonly attempts: number;
            /** Format: int64 */
            readonly id: number;
            /** @description What it happened to. */
            readonly key: string;
            /** Format: int64 */
            readonly made_at_ms: number;
            /** Format: int64 */
            readonly parked_at_ms: number;
            /** @description Why, the last time. */
            readonly problem: string;
            /** Format: int64 */
            readonly size_bytes: number;
            /** @description What it is about, for example `product_changes`. */
            readonly topic: string;
        };
        /** @description Events that the bus refused too often, the latest first. */
        readonly ParkedEvents: {
            readonly items: readonly components["schemas"]["ParkedEventShown"][];
        };
        /** @description What was read of one document. */
        readonly ParsedDocument: {
            /** @description Discounts and surcharges of the whole document. */
            readonly adjustments?: readonly components["schemas"]["Adjustment"][];
            /** @description Who buys. */
            readonly buyer?: components["schemas"]["Party"];
            readonly corrects_number?: components["schemas"]["Field_String"] | null;
            readonly currency?: components["schemas"]["Field_String"] | null;
            readonly delivered?: components["schemas"]["Field_String"] | null;
            readonly delivery_note_number?: components["schemas"]["Field_String"] | null;
            readonly due?: components["schemas"]["Field_String"] | null;
            /** @description How it was read. */
            readonly format: components["schemas"]["Format"];
            readonly issued?: components["schemas"]["Field_String"] | null;
            readonly kind?: components["schemas"]["Field_DocumentKind"] | null;
            /** @description What its pages look like, so that corrections of one serve the next of the same supplier; nothing for structured files. */
            readonly layout?: string | null;
            /** @description The goods. */
            readonly lines?: readonly components["schemas"]["Line"][];
            readonly number?: components["schemas"]["Field_String"] | null;
            readonly order_number?: components["schemas"]["Field_String"] | null;
            /**
             * Format: int64
             * @description How many pages it has; 0 for what has none.
             */
            readonly pages?: number;
            /** @description Where in the file it stood: a path inside an archive or a mail, a sheet's name; empty for the file itself. */
            readonly path?: string;
            /** @description The program or profile that made it, where the file says so: `urn:cen.eu:en16931:2017`, `PDFium` .. */
            readonly producer?: string | null;
            /** @description Who sells. */
            readonly supplier?: components["schemas"]["Party"];
            /** @description Tax, rate by rate. */
            readonly taxes?: readonly components["schemas"]["TaxShare"][];
            /** @description What it comes to. */
            readonly totals?: components["schemas"]["Totals"];
            readonly valid_from?: components["schemas"]["Field_String"] | null;
            readonly valid_to?: components["schemas"]["Field_String"] | null;
            /** @description What to mind. */
            readonly warnings?: readonly components["schemas"]["Warning"][];
        };
        /** @description How one part is doing. */
        readonly PartHealth: {
            /** @description What is wrong, for people. */
            readonly detail?: string | null;
            /** @description Its name. */
            readonly part: string;
            /** @description Whether the cloud is ready without it. */
            readonly required: boolean;
            /**
             * Format: int64
             * @description Since when, in milliseconds since 1970.
             */
            readonly since_ms: number;
            /** @description `ok`, `starting`, `degraded` or `down`. */
            readonly state: string;
        };
        /** @description How a part is doing. */
        readonly PartShown: {
            /** @description What is wrong; empty while nothing is. */
            readonly detail: string;
            /** @description Its name, for example `camera`. */
            readonly part: string;
            /**
             * Format: int64
             * @description When that was said last.
             */
            readonly seen_at_ms: number;
            /**
             * Format: int64
             * @description Since when it is in this state, in milliseconds since 1970.
             */
            readonly since_ms: number;
            /** @description `ok`, `starting`, `degraded` or `down`. */
            readonly state: string;
            /** @description Whose it is: `till:STORE/TILL`, `process:NAME` of the cloud's own, or `service:NAME` outside. */
            readonly subject: string;
        };
        /** @description How parts are doing. */
        readonly PartsShown: {
            /**
             * Format: int64
             * @description The moment of this answer.
             */
            readonly as_of_ms: number;
            readonly items: readonly components["schemas"]["PartShown"][];
        };
        /** @description Somebody on a document. */
        readonly Party: {
            /** @default null */
            readonly address: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly country: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly email: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly gln: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly iban: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly name: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly phone: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly registration_id: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly tax_id: components["schemas"]["Field_String"] | null;
        };
        /** @description A new password for oneself. */
        readonly PasswordChange: {
            /**
             * Format: password
             * @description The one so far.
             */
            readonly current: string;
            /**
             * Format: password
             * @description The one from now on.
             */
            readonly new: string;
        };
        /** @description A password that was made. */
        readonly PasswordMade: {
            /** @description Shown this once. */
            readonly password: string;
        };
        /** @description The people of an organisation. */
        readonly People: {
            readonly items: readonly components["schemas"]["Person"][];
        };
        /** @description A person. */
        readonly Person: {
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly created_at_ms: number;
            readonly disabled: boolean;
            readonly email: string;
            readonly grants: readonly components["schemas"]["GrantForm"][];
            readonly id: string;
            readonly language: string;
            readonly name: string;
        };
        /** @description What can be changed about a person. */
        readonly PersonForm: {
            /** @description True to lock them out. */
            readonly disabled: boolean;
            readonly grants: readonly components["schemas"]["GrantForm"][];
            readonly language: string;
            readonly name: string;
        };
        /** @description A person who was just made. */
        readonly PersonMade: {
            /** @description The password that was made, shown this once; absent when one was given. */
            readonly password?: string | null;
            readonly person: components["schemas"]["Person"];
        };
        /** @description A photo of a product. */
        readonly PhotoShown: {
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly created_at_ms: number;
            readonly id: string;
            readonly media_type: string;
            /** Format: int64 */
            readonly size_bytes: number;
            /** @description `waiting`, `embedded` or `failed`. */
            readonly state: string;
        };
        /** @description One photo. */
        readonly PhotoToFind: {
            /** @description A photo of 15 MiB at most: JPEG, PNG or WebP. It is not kept. */
            readonly images: readonly string[];
        };
        /** @description The photos of a product in the order in which they came. */
        readonly Photos: {
            readonly items: readonly components["schemas"]["PhotoShown"][];
        };
        /** @description Photos alone. */
        readonly PhotosUpload: {
            /** @description Up to 10 photos of 15 MiB each, 150 MiB in all: JPEG, PNG or WebP. */
            readonly images?: readonly string[];
        };
        /** @description A piece of a name. */
        readonly PieceShown: {
            /** @description Whether it was looked for. */
            readonly hit: boolean;
            readonly text: string;
        };
        /** @description A part of a page: fractions of its width and height, origin at the top left. */
        readonly Place: {
            /**
             * Format: int64
             * @description The page, from 1.
             */
            readonly page: number;
            /**
             * Format: float
             * @description Left edge, 0 to 1.
             */
            readonly x0: number;
            /**
             * Format: float
             * @description Right edge, 0 to 1.
             */
            readonly x1: number;
            /**
             * Format: float
             * @description Upper edge, 0 to 1.
             */
            readonly y0: number;
            /**
             * Format: float
             * @description Lower edge, 0 to 1.
             */
            readonly y1: number;
        };
        /** @description What became of a raw product. */
        readonly PlacedShown: {
            readonly family: string;
            /** @description Fields of the family that are other than before. */
            readonly fields_changed: readonly string[];
            readonly id: string;
            /** @description Whether it says anything that its source had not said. */
            readonly is_changed: boolean;
            /** @description How its family was found: `url`, `gtin`, `brand_sku`, `vector` or `name`; absent where it is the first of it. */
            readonly rung?: string | null;
        };
        /** @description An export that is to be made again and again. */
        readonly PlanForm: {
            /** @description As of an export. */
            readonly dataset: string;
            /**
             * Format: int32
             * @description How many complete days (UTC) before its moment each has, from 1 to 366; as many as lie between two when not said. Of `forecasts`
             *     it is the days from that moment on.
             */
            readonly days?: number | null;
            /**
             * Format: int32
             * @description How many days lie between two, from 1 to 366.
             */
            readonly every_days: number;
            /**
             * Format: int64
             * @description When the first one is made, in milliseconds since 1970; now when not said.
             */
            readonly first_at_ms?: number | null;
            /** @description As of an export; of no weight where rows go to a sheet. */
            readonly format?: string | null;
            /** @description The sheet's name in it. */
            readonly sheet?: string | null;
            /** @description The id of a Google spreadsheet that the rows are added to, in place of a file. */
            readonly spreadsheet?: string | null;
            /** @description Of one store; of all when not said. */
            readonly store?: string | null;
        };
        /** @description An export that is made again and again. */
        readonly PlanShown: {
            readonly dataset: string;
            /** Format: int32 */
            readonly days: number;
            /** Format: int32 */
            readonly every_days: number;
            readonly format: string;
            readonly id: string;
            readonly made_by: string;
            /** Format: int64 */
            readonly next_at_ms: number;
            readonly sheet?: string | null;
            readonly spreadsheet?: string | null;
            readonly store?: string | null;
        };
        /** @description All plans. */
        readonly Plans: {
            readonly items: readonly components["schemas"]["PlanShown"][];
        };
        /** @description How a store orders. */
        readonly PolicyForm: {
            /**
             * Format: int64
             * @description What may be ordered at once, in minor units of the store's currency; no limit when not said.
             */
            readonly budget_minor?: number | null;
            /**
             * Format: int32
             * @description Days from one order to the next.
             */
            readonly review_days: number;
            /**
             * Format: int32
             * @description The probability that what is there lasts until the next goods come, in hundredths of a percent: of what brings most, ..
             */
            readonly service_a: number;
            /**
             * Format: int32
             * @description .. of what comes next, ..
             */
            readonly service_b: number;
            /**
             * Format: int32
             * @description .. and of the rest.
             */
            readonly service_c: number;
        };
        /** @description Words as somebody will read them. */
        readonly Preview: {
            readonly body: string;
            readonly html: string;
            readonly subject: string;
        };
        /** @description Words to look at before they are kept. */
        readonly PreviewForm: {
            /** @description What they are filled in with; an example when not said. */
            readonly data?: unknown;
            /**
             * @description What the words are for.
             * @example till_offline
             */
            readonly event: string;
            readonly template: components["schemas"]["TemplateForm"];
        };
        /** @description What a product costs. It is named by its id, its article number or its GTIN: one of the three. */
        readonly PriceData: {
            /** @description The currency; the product's, or the store's, when left out. */
            readonly currency?: string | null;
            readonly gtin?: string | null;
            /**
             * @description The price with a point.
             * @example 2.49
             */
            readonly price: string;
            readonly product?: string | null;
            readonly sku?: string | null;
            /** @description In one store alone; everywhere when left out. */
            readonly store?: string | null;
            /** @description `piece` or `kg`; as it is when left out. */
            readonly unit?: string | null;
            /**
             * Format: int64
             * @description From when on, in milliseconds since 1970; at once when left out or past.
             */
            readonly valid_from_ms?: number | null;
        };
        /** @description A price to come. */
        readonly PriceForm: {
            /**
             * @description The price with a point: in the product's currency, or in the store's where it is for one store. Left out for one store,
             *     the organisation's price counts there again.
             * @example 1.99
             */
            readonly price?: string | null;
            /** @description `piece` or `kg`; as it is when left out. */
            readonly unit?: string | null;
        };
        /** @description A price from a moment on. */
        readonly PriceShown: {
            /**
             * Format: int64
             * @description From when on, in milliseconds since 1970.
             */
            readonly effective_from_ms: number;
            /** Format: int64 */
            readonly made_at_ms: number;
            readonly made_by: string;
            /** @description Absent where the organisation's price counts in the store again. */
            readonly price?: string | null;
            /** Format: int64 */
            readonly price_minor?: number | null;
            readonly unit: string;
        };
        /** @description A price and the time in which it counts. */
        readonly PriceSpanShown: {
            readonly currency?: string | null;
            /**
             * Format: int64
             * @description From this moment on, in milliseconds since 1970.
             */
            readonly from_ms: number;
            /** Format: int64 */
            readonly made_at_ms: number;
            readonly made_by: string;
            /**
             * @description How it came: `registered` with the product, `edited` at once, `scheduled` for a moment; `found` where it was there before
             *     prices were written down, so that its beginning is not certain.
             */
            readonly origin: string;
            /** @description The price with a point; absent where in this store the organisation's price counts. */
            readonly price?: string | null;
            /** Format: int64 */
            readonly price_minor?: number | null;
            /** @description `past`, `present` or `future`. */
            readonly state: string;
            /** @description The store whose own price it is; absent where it is the organisation's. */
            readonly store?: string | null;
            /** @description What the price is for: `piece` or `kg`. */
            readonly unit?: string | null;
            /**
             * Format: int64
             * @description Before this moment; absent as long as nothing else is said.
             */
            readonly until_ms?: number | null;
        };
        /** @description The prices to come of a product, in order; of one store also the one that counts there now. */
        readonly Prices: {
            readonly items: readonly components["schemas"]["PriceShown"][];
        };
        /** @description What a problem looks like, for the description of the API. */
        readonly Problem: {
            /** @description A stable word for programs. */
            readonly code: string;
            /** @description What was tried and the way out, for people. */
            readonly detail: string;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            readonly status: number;
            /** @description The status in words. */
            readonly title: string;
            /** @description `urn:tillsight:problem:` and the code. */
            readonly type: string;
        };
        /** @description What can be changed about a product; what is left out stays. */
        readonly ProductChange: {
            /**
             * Format: int32
             * @description The buyer's least age, in years; 0 for none.
             */
            readonly age_limit?: number | null;
            readonly category_name?: string | null;
            readonly currency?: string | null;
            readonly family_name?: string | null;
            readonly gtin?: string | null;
            /** @description The language of the name; `en` when left out. */
            readonly language?: string | null;
            readonly name?: string | null;
            readonly plu?: string | null;
            /** @description The price with a point. */
            readonly price?: string | null;
            readonly sku?: string | null;
            readonly tax_code?: string | null;
            /** @description `piece` or `kg`. */
            readonly unit?: string | null;
        };
        /**
         * @description What is said of a product. It is found by its id, else by its article number, else by its GTIN, and made where it is not there:
         *     then it needs a name, a category and a price.
         */
        readonly ProductData: {
            /**
             * Format: int32
             * @description The buyer's least age, in years; 0 for none.
             */
            readonly age_limit?: number | null;
            readonly category_name?: string | null;
            readonly currency?: string | null;
            readonly family_name?: string | null;
            readonly gtin?: string | null;
            /** @description The language of the name; `en` when left out. */
            readonly language?: string | null;
            readonly name?: string | null;
            readonly plu?: string | null;
            /** @description The price with a point. */
            readonly price?: string | null;
            readonly product?: string | null;
            readonly sku?: string | null;
            readonly tax_code?: string | null;
            /** @description `piece` or `kg`. */
            readonly unit?: string | null;
        };
        /** @description A product that was found. */
        readonly ProductFound: {
            /** @description Its names in pieces, by language. */
            readonly highlighted: {
                readonly [key: string]: readonly components["schemas"]["PieceShown"][];
            };
            /**
             * @description How the worst of the words matches: `same`, `alike` (the other script or keyboard), `begins` or `near` (a mistake). An
             *     engine that does not say leaves it out.
             */
            readonly matched?: string | null;
            readonly product: components["schemas"]["ProductShown"];
        };
        /** @description A product that looks like it. */
        readonly ProductLike: {
            readonly product: components["schemas"]["ProductShown"];
            /**
             * Format: float
             * @description Cosine of the angle between the two nearest vectors: 1 is the same picture.
             */
            readonly similarity: number;
        };
        /** @description What a registration did. */
        readonly ProductRegistered: {
            /** @description Whether anything of the product is other than before; new photos alone are no change. */
            readonly changed: boolean;
            /** @description The event that tells of it; absent when nothing but photos is new. */
            readonly event_id?: string | null;
            /** @description The photos that were taken: those that the product had already are passed over. */
            readonly photos: readonly string[];
            readonly product: components["schemas"]["ProductShown"];
        };
        /** @description A product. */
        readonly ProductShown: {
            /**
             * Format: int32
             * @description The buyer's least age, in years.
             */
            readonly age_limit?: number | null;
            readonly archived: boolean;
            readonly category_name?: string | null;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly created_at_ms: number;
            readonly currency: string;
            readonly gtin?: string | null;
            readonly id: string;
            /** @description Names by language. */
            readonly name: {
                readonly [key: string]: string;
            };
            readonly plu?: string | null;
            /** @description The price with a point. */
            readonly price: string;
            /**
             * Format: int64
             * @description The price in minor units.
             */
            readonly price_minor: number;
            readonly sku: string;
            readonly tax_code: string;
            /** @description What the price is for: `piece` or `kg`. */
            readonly unit: string;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly updated_at_ms: number;
        };
        /** @description The form of a product. Fields that are left out keep their value where the product is known. */
        readonly ProductUpload: {
            /**
             * Format: int32
             * @description The buyer's least age, in years.
             */
            readonly age_limit?: number;
            /**
             * @description Its category, which is made where it is not there.
             * @example Fruit
             */
            readonly category_name: string;
            /** @description The currency; that of the stores when left out. */
            readonly currency?: string;
            /** @description The family of the category. */
            readonly family_name?: string;
            readonly gtin?: string;
            /** @description Its id; made from the article number or the name when left out. */
            readonly id?: string;
            /** @description Up to 10 photos of 15 MiB each, 150 MiB in all: JPEG, PNG or WebP. */
            readonly images?: readonly string[];
            /** @description The language of the name; `en` when left out. */
            readonly language?: string;
            /**
             * @description Its name.
             * @example Red apples
             */
            readonly name: string;
            readonly plu?: string;
            /**
             * @description The price with a point.
             * @example 2.49
             */
            readonly price: string;
            /** @description The shop's article number. */
            readonly sku?: string;
            /** @description The tax code; the only one when left out. */
            readonly tax_code?: string;
            /** @description `piece` or `kg`; `piece` when left out. */
            readonly unit?: string;
        };
        /** @description Products that were found, the best first. */
        readonly ProductsFound: {
            /** @description How many of them there are of each category, were none chosen; the most first. */
            readonly categories: readonly components["schemas"]["CategoryCount"][];
            readonly items: readonly components["schemas"]["ProductFound"][];
            /** @description `after` of the next page; absent on the last, and behind the first 1,000. */
            readonly next?: string | null;
            /** @description How many there are in all; Meilisearch estimates it. */
            readonly total: number;
        };
        /** @description Products, the likest first. */
        readonly ProductsLike: {
            readonly items: readonly components["schemas"]["ProductLike"][];
            /** @description The model whose vectors were compared; absent where there are none. */
            readonly model?: string | null;
        };
        /** @description A product that could be made of a line. */
        readonly Proposal: {
            /** @description The category of the products that sound most like it. */
            readonly category?: string | null;
            /** @description What one piece or kilogram costs the shop without tax, where that can be worked out. */
            readonly cost?: string | null;
            /** @description The document's currency. */
            readonly currency?: string | null;
            /** @description Its GTIN, where the line has one whose check digit is right. */
            readonly gtin?: string | null;
            /** @description Its name. */
            readonly name: string;
            /** @description The tax code of the stores whose rate is the line's, where there is one. */
            readonly tax_code?: string | null;
            /** @description `piece` or `kg`. */
            readonly unit: string;
        };
        /** @description A line of a proposal. */
        readonly ProposalLineShown: {
            /** @description Price of all packs without tax. */
            readonly amount: string;
            readonly article: string;
            readonly gtin?: string | null;
            readonly name: string;
            /**
             * Format: int32
             * @description Its number, from 1.
             */
            readonly number: number;
            readonly pack: components["schemas"]["PackForm"];
            /** @description Price of a pack without tax. */
            readonly pack_price: string;
            /**
             * Format: int32
             * @description Packs that are to be ordered.
             */
            readonly packs: number;
            /**
             * Format: int32
             * @description The supplier sells at least so many packs ..
             */
            readonly packs_min: number;
            /**
             * Format: int32
             * @description .. and a multiple of so many.
             */
            readonly packs_multiple: number;
            /**
             * Format: int32
             * @description Packs that were proposed.
             */
            readonly packs_proposed: number;
            readonly product: string;
            /** @description Why so much. */
            readonly reasons: readonly components["schemas"]["LineReasonShown"][];
        };
        /** @description A proposal. */
        readonly ProposalShown: {
            /** @description What all its lines cost without tax. */
            readonly amount: string;
            /** @description The day on which the goods would come. */
            readonly arrives_on?: string | null;
            readonly currency: string;
            /** Format: int64 */
            readonly decided_at_ms?: number | null;
            readonly decided_by?: string | null;
            /** @description Whether a person has changed it. */
            readonly edited: boolean;
            /**
             * Format: int64
             * @description Until when somebody can decide.
             */
            readonly expires_at_ms: number;
            readonly id: string;
            readonly lines: readonly components["schemas"]["ProposalLineShown"][];
            /** Format: int64 */
            readonly made_at_ms: number;
            /** @description The day on which it is to be ordered. */
            readonly order_on: string;
            /** @description The order that it became. */
            readonly purchase_order?: string | null;
            /** @description Why it was rejected. */
            readonly reason: string;
            /** @description The run that it follows from. */
            readonly run: string;
            /** @description `open`, `accepted`, `rejected`, `expired` or `replaced`. */
            readonly state: string;
            readonly store: string;
            readonly supplier: string;
        };
        /** @description How much there is, or came. The product is named by its id, its article number or its GTIN: one of the three. */
        readonly QuantityData: {
            readonly gtin?: string | null;
            readonly product?: string | null;
            /**
             * Format: int64
             * @description Pieces, or grams of what is sold by weight.
             */
            readonly quantity: number;
            readonly sku?: string | null;
            readonly store: string;
        };
        /** @description What became of a file of raw products, row by row. */
        readonly RawFileTaken: {
            /** @description Rows that were left out. */
            readonly left_out: number;
            /** @description What else to mind. */
            readonly notes: readonly string[];
            readonly rows: readonly components["schemas"]["RawRowShown"][];
            /** @description Rows that were placed. */
            readonly taken: number;
            /** @description Columns that nobody knows: what they say was not taken. */
            readonly unknown_columns: readonly string[];
        };
        /** @description A file of raw products. */
        readonly RawFileUpload: {
            /**
             * Format: binary
             * @description CSV, XLSX, XLS or ODS; a row of its first sheet names the columns as the fields of `RawRecord`, in English, Russian or German.
             */
            readonly file: string;
        };
        /** @description A raw product. */
        readonly RawProductShown: {
            /** Format: int64 */
            readonly changed_at_ms: number;
            readonly currency?: string | null;
            readonly family: string;
            /** @description What it says, by field. */
            readonly fields: {
                readonly [key: string]: string;
            };
            /** Format: int64 */
            readonly first_seen_at_ms: number;
            readonly gtin?: string | null;
            readonly id: string;
            readonly key: string;
            readonly price?: string | null;
            readonly rung?: string | null;
            /** Format: int64 */
            readonly seen_at_ms: number;
            readonly source: string;
            readonly url?: string | null;
        };
        /** @description Raw products that come together. */
        readonly RawProductsForm: {
            /** @description Up to 500 of them. */
            readonly items: readonly components["schemas"]["RawRecord"][];
            /**
             * @description What the sender is called: the same raw product is known by it and its key.
             * @example erp
             */
            readonly source: string;
        };
        /** @description What became of raw products, in their order. */
        readonly RawProductsPlaced: {
            readonly items: readonly components["schemas"]["PlacedShown"][];
        };
        /** @description What somebody says about a product. */
        readonly RawRecord: {
            /**
             * @description What one may not bear of it.
             * @default null
             */
            readonly allergens: string | null;
            /**
             * @description Who makes it.
             * @default null
             */
            readonly brand: string | null;
            /**
             * @description What kind of thing it is.
             * @default null
             */
            readonly category: string | null;
            /**
             * @description What is in a package, for example `500 g`.
             * @default null
             */
            readonly content: string | null;
            /**
             * @description Where it comes from.
             * @default null
             */
            readonly country: string | null;
            /**
             * @description ISO 4217 code of that.
             * @default null
             */
            readonly currency: string | null;
            /**
             * @description What else is said of it.
             * @default null
             */
            readonly description: string | null;
            /**
             * @description Its GTIN, 8 to 14 digits.
             * @default null
             */
            readonly gtin: string | null;
            /**
             * @description What is in it.
             * @default null
             */
            readonly ingredients: string | null;
            /**
             * @description What the source calls it; its GTIN, article number or address when not said.
             * @default null
             */
            readonly key: string | null;
            /**
             * @description What it is called.
             * @default null
             */
            readonly name: string | null;
            /**
             * @description Where a picture of it is.
             * @default null
             */
            readonly picture: string | null;
            /**
             * @description What it costs there, with a point.
             * @default null
             */
            readonly price: string | null;
            /**
             * @description The maker's article number.
             * @default null
             */
            readonly sku: string | null;
            /**
             * @description How it is sold: `piece` or `kg`.
             * @default null
             */
            readonly unit: string | null;
            /**
             * @description The page that it is on.
             * @default null
             */
            readonly url: string | null;
        };
        /** @description What became of a row. */
        readonly RawRowShown: {
            readonly placed?: components["schemas"]["PlacedShown"] | null;
            /** @description Why it was left out. */
            readonly problem?: string | null;
            /**
             * Format: int32
             * @description The row as the program shows it, from 1.
             */
            readonly row: number;
        };
        /** @description What was read. */
        readonly ReadForm: {
            /** @description These. */
            readonly notices?: readonly number[];
            /**
             * Format: int64
             * @description Everything up to this one.
             */
            readonly up_to?: number | null;
        };
        /** @description One reason of a forecast. */
        readonly Reason: {
            /** @enum {string} */
            readonly kind: "methods";
            /** @description The heaviest first. */
            readonly parts: readonly components["schemas"]["MethodPart"][];
        } | {
            /**
             * Format: int32
             * @description The strongest day, 0 is Monday.
             */
            readonly best: number;
            /** @description Each day of the week from Monday on, over the mean: 1.2 is a fifth more. */
            readonly factors: readonly number[];
            /** @enum {string} */
            readonly kind: "weekday";
            /**
             * Format: int32
             * @description The weakest, among those on which the shop is open.
             */
            readonly worst: number;
        } | {
            /** @enum {string} */
            readonly kind: "trend";
            /**
             * Format: double
             * @description What a day gains in a week, as a part of what it sells: 0.02 is two per cent more a week.
             */
            readonly share_per_week: number;
        } | {
            /** @enum {string} */
            readonly kind: "seldom";
            /**
             * Format: double
             * @description The share of days on which it was sold.
             */
            readonly share_of_days: number;
        } | {
            /**
             * Format: int32
             * @description Days since it did.
             */
            readonly days: number;
            /** @enum {string} */
            readonly kind: "quiet";
        } | {
            /**
             * Format: int32
             * @description On so many of the last 28 days, in part or all day.
             */
            readonly days: number;
            /** @enum {string} */
            readonly kind: "empty_shelf";
        } | {
            /**
             * Format: double
             * @description 1.2 is a fifth more than otherwise.
             */
            readonly factor: number;
            /** @enum {string} */
            readonly kind: "holiday";
        } | {
            /**
             * Format: double
             * @description See `Holiday`.
             */
            readonly factor: number;
            /** @enum {string} */
            readonly kind: "price";
        } | {
            /**
             * Format: double
             * @description See `Holiday`.
             */
            readonly factor: number;
            /** @enum {string} */
            readonly kind: "promotion";
        } | {
            /**
             * Format: double
             * @description See `Holiday`.
             */
            readonly factor: number;
            /** @enum {string} */
            readonly kind: "season";
        } | {
            /** @enum {string} */
            readonly kind: "alike";
            /** @description Those that resemble it most. */
            readonly products: readonly string[];
        };
        /** @description One reason, for software and for people. */
        readonly ReasonShown: {
            /** @description What it is. */
            readonly reason: components["schemas"]["Reason"];
            /** @description In words. */
            readonly text: components["schemas"]["Sentence"];
        };
        /** @description Goods that came. */
        readonly ReceiptForm: {
            /** @description The number on the paper that came along. */
            readonly delivery_note?: string;
            /** @description Tells this receipt apart from the order's others: the same again is counted once. The number of the delivery note will do. */
            readonly key: string;
            /** @description Whether nothing more will come: the order is closed with what is missing. */
            readonly last?: boolean;
            /** @description What came, line by line; nothing came of lines that are not named. */
            readonly lines: readonly components["schemas"]["ReceiptLineForm"][];
        };
        /** @description What came of a line. */
        readonly ReceiptLineForm: {
            /**
             * Format: int64
             * @description Pieces or grams that are good: they are stock from now on.
             */
            readonly accepted: number;
            /**
             * Format: int64
             * @description Pieces or grams that came spoilt: they are not.
             */
            readonly damaged?: number;
            /** @description What else is to be said. */
            readonly note?: string;
            /**
             * Format: int32
             * @description The order's line, from 1.
             */
            readonly number: number;
        };
        /** @description Goods that came. */
        readonly ReceiptShown: {
            readonly delivery_note: string;
            readonly id: string;
            readonly key: string;
            readonly lines: readonly components["schemas"]["ReceiptLineForm"][];
            /** Format: int64 */
            readonly made_at_ms: number;
            readonly made_by: string;
        };
        /** @description What became of a receipt. */
        readonly ReceiptTaken: {
            /** @description Whether it was counted now, and not before. */
            readonly is_new: boolean;
            /** @description The order with what has come of it. */
            readonly order: components["schemas"]["OrderShown"];
            /** @description The receipt: the first one under its key. */
            readonly receipt: string;
        };
        /** @description The receipts of an order. */
        readonly Receipts: {
            readonly items: readonly components["schemas"]["ReceiptShown"][];
        };
        /** @description What came. */
        readonly ReceivedForm: {
            /** @description Pieces or grams that came, by the line's number from 1; of lines that are not named all came. */
            readonly received?: {
                readonly [key: string]: number;
            };
        };
        /** @description Why a proposal is rejected. */
        readonly RejectionForm: {
            /** @description Why. */
            readonly reason: string;
        };
        /** @description A report. */
        readonly ReportShown: {
            /**
             * @description Its first and its last day.
             * @example 2026-01-02
             */
            readonly first_day: string;
            readonly id: string;
            /** @description `daily` or `weekly`. */
            readonly kind: string;
            readonly last_day: string;
            /** Format: int64 */
            readonly made_at_ms: number;
            /** @description The store that it is of; absent for the whole organisation. */
            readonly store?: string | null;
        };
        /** @description A report and what it says. */
        readonly ReportWhole: components["schemas"]["ReportShown"] & {
            /** @description What it says, as it was when it was made. */
            readonly facts: Record<string, never>;
            /** @description The files that there are of it. */
            readonly files: readonly components["schemas"]["FileShown"][];
        };
        /** @description Reports, the newest day first. */
        readonly ReportsShown: {
            readonly items: readonly components["schemas"]["ReportShown"][];
        };
        /** @description What is to be kept for somebody. */
        readonly ReservationForm: {
            /** @description For whom. */
            readonly for_whom?: string;
            /** @description A UUID that the caller drew: the same again is kept once. */
            readonly id?: string | null;
            readonly product: string;
            /**
             * Format: int64
             * @description Pieces or grams. More may be kept than is there.
             */
            readonly quantity: number;
            readonly unit?: components["schemas"]["CountedIn"] | null;
            /**
             * Format: int64
             * @description Until when, in milliseconds since 1970: then it ends by itself.
             */
            readonly until_ms: number;
        };
        /** @description What is kept for somebody. */
        readonly ReservationShown: {
            readonly for_whom: string;
            readonly id: string;
            /** Format: int64 */
            readonly made_at_ms: number;
            readonly made_by: string;
            readonly product: string;
            /** Format: int64 */
            readonly quantity: number;
            readonly unit: components["schemas"]["CountedIn"];
            /** Format: int64 */
            readonly until_ms: number;
        };
        /** @description What a revocation did. */
        readonly Revoked: {
            /** @description The numbers of the certificates that were good until now. */
            readonly serials: readonly string[];
        };
        /**
         * @description What somebody may do.
         * @enum {string}
         */
        readonly RoleWord: "owner" | "manager" | "clerk" | "technician" | "auditor";
        /** @description What is said of a product in a store. What is not said follows from its offers, its sales and the store's policy. */
        readonly RuleForm: {
            /** @description `a`, `b` or `c`; by what it brings when not said. */
            readonly class?: string | null;
            /**
             * Format: int32
             * @description Days from the order to the goods; as the supplier says when not said.
             */
            readonly lead_days?: number | null;
            /**
             * Format: int32
             * @description Days from one order to the next.
             */
            readonly review_days?: number | null;
            /**
             * Format: int32
             * @description Days that it can be sold for; it does not spoil when not said.
             */
            readonly shelf_life_days?: number | null;
            /**
             * Format: int64
             * @description Pieces or grams that there is room for.
             */
            readonly stock_max?: number | null;
            /**
             * Format: int64
             * @description Pieces or grams that are to be there at least.
             */
            readonly stock_min?: number | null;
            /** @description Where it is bought; where it is cheapest when not said. */
            readonly supplier?: string | null;
        };
        /** @description A rule and whose it is. */
        readonly RuleShown: {
            /** @description `a`, `b` or `c`; by what it brings when not said. */
            readonly class?: string | null;
            /**
             * Format: int32
             * @description Days from the order to the goods; as the supplier says when not said.
             */
            readonly lead_days?: number | null;
            readonly product: string;
            /**
             * Format: int32
             * @description Days from one order to the next.
             */
            readonly review_days?: number | null;
            /**
             * Format: int32
             * @description Days that it can be sold for; it does not spoil when not said.
             */
            readonly shelf_life_days?: number | null;
            /**
             * Format: int64
             * @description Pieces or grams that there is room for.
             */
            readonly stock_max?: number | null;
            /**
             * Format: int64
             * @description Pieces or grams that are to be there at least.
             */
            readonly stock_min?: number | null;
            /** @description Where it is bought; where it is cheapest when not said. */
            readonly supplier?: string | null;
        };
        /** @description A run that is asked for. */
        readonly RunForm: {
            /**
             * Format: int32
             * @description How many days to forecast; as many as every night when not said.
             */
            readonly days?: number | null;
        };
        /** @description A run and how far it has come. */
        readonly RunShown: {
            /** Format: int32 */
            readonly days: number;
            /** Format: int64 */
            readonly finished_at_ms?: number | null;
            readonly first_day: string;
            readonly id: string;
            /** Format: int64 */
            readonly made_at_ms: number;
            readonly made_by: string;
            /** @description Whether it is a night's run. */
            readonly nightly: boolean;
            /**
             * Format: int64
             * @description Parts that workers share, and those that are done.
             */
            readonly parts: number;
            /** Format: int64 */
            readonly parts_done: number;
            /**
             * Format: int64
             * @description Series (a product in a store) that it forecasts; none before that is known.
             */
            readonly series: number;
            /** @description `planned`, `running` or `done`. */
            readonly state: string;
        };
        /** @description Runs, the newest first. */
        readonly Runs: {
            readonly items: readonly components["schemas"]["RunShown"][];
        };
        /** @description A sale in a list. */
        readonly SaleRow: {
            /** @description Its trading day. */
            readonly business_day: string;
            /**
             * Format: int64
             * @description When it was paid, by the till's clock, in milliseconds since 1970.
             */
            readonly completed_at_ms: number;
            readonly currency: string;
            /**
             * Format: int32
             * @description How many digits of an amount in minor units stand behind the point.
             */
            readonly currency_exponent: number;
            /**
             * Format: int64
             * @description What was paid, in minor units.
             */
            readonly gross_minor: number;
            readonly id: string;
            /**
             * Format: int64
             * @description How many lines it has.
             */
            readonly lines: number;
            /**
             * Format: int64
             * @description When it came in, in milliseconds since 1970.
             */
            readonly received_at_ms: number;
            /**
             * Format: int64
             * @description Its place in the till's journal.
             */
            readonly sequence: number;
            readonly till: string;
        };
        /** @description A sale with everything in it. */
        readonly SaleShown: {
            /**
             * Format: int64
             * @description When it came in, in milliseconds since 1970.
             */
            readonly received_at_ms: number;
            /** @description The sale as its till wrote it down. */
            readonly sale: Record<string, never>;
            /**
             * Format: int64
             * @description Its place in the till's journal.
             */
            readonly sequence: number;
        };
        /** @description A secret in place of the one before. */
        readonly SecretForm: {
            /**
             * Format: int32
             * @description For how many hours the secret before counts too, from 0 to 168; 24 when left out.
             */
            readonly overlap_hours?: number | null;
            /** @description The secret that the other system has made; one is made when left out. */
            readonly secret?: string | null;
        };
        /** @description What a till says about itself. */
        readonly Seen: {
            /**
             * Format: int64
             * @description When, in milliseconds since 1970, by the cloud's clock.
             */
            readonly at_ms: number;
            /**
             * Format: int64
             * @description The catalogue generation that it sells from.
             */
            readonly generation: number;
            /**
             * Format: int64
             * @description The number of its newest sale.
             */
            readonly sequence: number;
            /** @description The version of its software. */
            readonly software: string;
            /**
             * Format: int64
             * @description Sales of it that the cloud has not acked.
             */
            readonly unsent: number;
        };
        /** @description A view, and the photo that it came from. */
        readonly SeenShown: {
            /** @description The product's names by language. */
            readonly name: {
                readonly [key: string]: string;
            };
            /** @description The photo's id; absent for a view that was enrolled without one. */
            readonly photo?: string | null;
            readonly product: string;
            readonly view: string;
        };
        /** @description A sentence in the languages of the dashboard. */
        readonly Sentence: {
            readonly en: string;
            readonly ru: string;
        };
        /** @description A service outside. */
        readonly ServiceShown: {
            /**
             * Format: int64
             * @description When it was asked last.
             */
            readonly checked_at_ms: number;
            /** @description What its checks of the last day and of the last week came to. */
            readonly day: components["schemas"]["SumShown"];
            readonly detail: string;
            /** @description Its name. */
            readonly service: string;
            /** Format: int64 */
            readonly since_ms: number;
            /** @description `ok`, `degraded` (it failed once or twice) or `down`. */
            readonly state: string;
            readonly week: components["schemas"]["SumShown"];
        };
        /** @description The services outside. */
        readonly ServicesShown: {
            /**
             * Format: int64
             * @description The moment of this answer.
             */
            readonly as_of_ms: number;
            readonly items: readonly components["schemas"]["ServiceShown"][];
        };
        /** @description Who is signed in. */
        readonly SessionShown: {
            /** @description Who: `user:` or `token:` and an id. */
            readonly actor: string;
            /** @description What every change sends as `X-CSRF-Token`; absent for a service token, which needs none. */
            readonly csrf_token?: string | null;
            /**
             * Format: int64
             * @description When the session ends, in milliseconds since 1970; absent for a service token.
             */
            readonly expires_at_ms?: number | null;
            /** @description What they may do. */
            readonly grants?: readonly components["schemas"]["GrantForm"][];
            /** @description The language of their screens; absent for a service token. */
            readonly language?: string | null;
            /** @description The person's name; absent for a service token. */
            readonly name?: string | null;
            /** @description The organisation. */
            readonly organisation: string;
        };
        /** @description What became of a line's goods that did not come. */
        readonly SettlementForm: {
            /**
             * Format: int32
             * @description The line's number, from 1.
             */
            readonly line: number;
            readonly outcome: components["schemas"]["MissingWord"];
        };
        /** @description Who wants in. */
        readonly SignIn: {
            /**
             * @description The address.
             * @example ann@example.org
             */
            readonly email: string;
            /**
             * Format: password
             * @description The password.
             */
            readonly password: string;
        };
        /** @description A file, or something in it, that gave nothing. */
        readonly Skipped: {
            /** @description A short stable word that says why; empty in what was read before there was one. */
            readonly code: string;
            /** @description Where in the file. */
            readonly path: string;
            /** @description The same as an English sentence, with the way out. */
            readonly text: string;
            /** @description The values in question by their names. */
            readonly values: {
                readonly [key: string]: string;
            };
        };
        /** @description What was sold on a day. Pieces or kilograms. */
        readonly SoldDayShown: {
            readonly day: string;
            /** Format: double */
            readonly sold: number;
        };
        /** @description What was sold on a day at the prices of that day, in minor units. */
        readonly SoldValue: {
            readonly day: string;
            /** Format: int64 */
            readonly sold_minor: number;
        };
        /** @description A store. */
        readonly Store: {
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly created_at_ms: number;
            readonly currency: string;
            /**
             * Format: int32
             * @description How many digits of an amount in minor units stand behind the point.
             */
            readonly currency_exponent: number;
            readonly id: string;
            readonly name: string;
            readonly taxes: components["schemas"]["Taxes"];
            readonly time_zone: string;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly updated_at_ms: number;
        };
        /** @description What a person says about a store. */
        readonly StoreForm: {
            /**
             * @description ISO 4217 code of its prices.
             * @example EUR
             */
            readonly currency: string;
            /**
             * @description Its name as people read it.
             * @example Berlin, main station
             */
            readonly name: string;
            /** @description Its tax rates. */
            readonly taxes: components["schemas"]["Taxes"];
            /**
             * @description Its IANA time zone.
             * @example Europe/Berlin
             */
            readonly time_zone: string;
        };
        /** @description The stores that the caller may see. */
        readonly Stores: {
            readonly items: readonly components["schemas"]["Store"][];
        };
        /** @description What somebody wants to be told of. */
        readonly SubscriptionForm: {
            /** @description The id of the address. */
            readonly address: string;
            /** @description What, for example `till_offline`; everything when not said. */
            readonly event?: string | null;
            /**
             * @description At least as bad as `info`, `warning` or `critical`.
             * @example warning
             */
            readonly least: string;
            /**
             * @description How soon: `at_once`, `hourly` or `daily`.
             * @example at_once
             */
            readonly pace: string;
            /** @description Where it happens; everywhere when not said. */
            readonly store?: string | null;
            /** @description Whether to be told at once too that it is over; of what is `critical` alone when not said. */
            readonly tell_settled?: boolean | null;
        };
        /** @description A subscription that was made. */
        readonly SubscriptionMade: {
            readonly id: string;
        };
        /** @description A subscription. */
        readonly SubscriptionShown: components["schemas"]["SubscriptionForm"] & {
            readonly id: string;
        };
        /** @description What somebody wants to be told of. */
        readonly Subscriptions: {
            readonly items: readonly components["schemas"]["SubscriptionShown"][];
        };
        /** @description What one till sold in one day, in one currency. */
        readonly Sum: {
            readonly business_day: string;
            readonly currency: string;
            /**
             * Format: int32
             * @description How many digits of an amount in minor units stand behind the point.
             */
            readonly currency_exponent: number;
            /** Format: int64 */
            readonly gross_minor: number;
            /** Format: int64 */
            readonly net_minor: number;
            /**
             * Format: int64
             * @description How many sales.
             */
            readonly sales: number;
            /** Format: int64 */
            readonly tax_minor: number;
            readonly till: string;
        };
        /** @description What checks came to. */
        readonly SumShown: {
            /** Format: int64 */
            readonly answered: number;
            /**
             * Format: int64
             * @description How often it was asked, and how often it answered.
             */
            readonly checks: number;
            /** Format: int64 */
            readonly latency_max_ms: number;
            /**
             * Format: int64
             * @description The mean time of its answers and the longest one, in milliseconds.
             */
            readonly latency_mean_ms: number;
        };
        /**
         * @description What is summed up.
         * @enum {string}
         */
        readonly SummedBy: "store" | "category";
        /** @description Sums in order of day, till and currency. */
        readonly Sums: {
            readonly items: readonly components["schemas"]["Sum"][];
        };
        /** @description What a count found. */
        readonly SumsShown: {
            /**
             * Format: int64
             * @description Lines that were counted.
             */
            readonly counted: number;
            /**
             * Format: int64
             * @description Lines of which more or fewer were counted than the ledger says.
             */
            readonly different: number;
            /**
             * Format: int64
             * @description Lines.
             */
            readonly lines: number;
            /**
             * Format: int64
             * @description What is over.
             */
            readonly over_minor: number;
            /**
             * Format: int64
             * @description What is missing, at the prices when the count began, in minor units.
             */
            readonly short_minor: number;
        };
        /** @description What a person says about a supplier. */
        readonly SupplierForm: {
            /** @description Street, postal code and town. */
            readonly address?: string;
            /** @description Who to speak to. */
            readonly contacts?: readonly components["schemas"]["ContactForm"][];
            /** @description ISO 3166-1 alpha-2 code. */
            readonly country?: string;
            /**
             * @description ISO 4217 code of what it is paid in.
             * @example EUR
             */
            readonly currency: string;
            /** @description When it comes. */
            readonly delivery?: components["schemas"]["DeliveryForm"];
            /** @description Global location number. */
            readonly gln?: string | null;
            /** @description Its account. */
            readonly iban?: string | null;
            /**
             * @description The language of what is written to it: `en`, `ru` or `de`.
             * @example de
             */
            readonly language: string;
            /**
             * @description Its name.
             * @example Molkerei Müller GmbH
             */
            readonly name: string;
            /**
             * @description The smallest order that it takes, without tax.
             * @example 50.00
             */
            readonly order_min?: string | null;
            /** @description Number in a register of companies. */
            readonly registration_id?: string | null;
            /** @description VAT number, INN/KPP or another number of the tax office. */
            readonly tax_id?: string | null;
        };
        /** @description A supplier. */
        readonly SupplierShown: {
            readonly address: string;
            readonly archived: boolean;
            /** @description Why nothing is bought there; absent where things are. */
            readonly blacklisted?: string | null;
            readonly contacts: readonly components["schemas"]["ContactForm"][];
            readonly country: string;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly created_at_ms: number;
            readonly currency: string;
            readonly delivery: components["schemas"]["DeliveryForm"];
            readonly gln?: string | null;
            readonly iban?: string | null;
            readonly id: string;
            readonly language: string;
            readonly name: string;
            /** @description The smallest order that it takes, without tax. */
            readonly order_min?: string | null;
            readonly registration_id?: string | null;
            readonly tax_id?: string | null;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly updated_at_ms: number;
        };
        /** @description What became of a file that was sent. */
        readonly Taken: components["schemas"]["DocumentDetail"] & {
            /** @description The same file was here before, and this is its document. */
            readonly already_there: boolean;
        };
        /** @description Tax of one rate. */
        readonly TaxShare: {
            readonly amount?: components["schemas"]["Field_String"] | null;
            readonly basis?: components["schemas"]["Field_String"] | null;
            readonly category?: components["schemas"]["Field_String"] | null;
            readonly rate?: components["schemas"]["Field_String"] | null;
        };
        /** @description Tax rates of a store. */
        readonly Taxes: {
            /** @description Hundredths of a percent, by tax code. */
            readonly basis_points: {
                readonly [key: string]: number;
            };
            /** @description Whether prices contain the tax. */
            readonly inclusive: boolean;
        };
        /** @description The words for an event in a language (Jinja). */
        readonly TemplateForm: {
            /** @description Plain text; nothing goes back to the built-in words. */
            readonly body: string;
            /** @description HTML for mail; nothing where the text is enough. */
            readonly html?: string;
            /**
             * @description One line.
             * @example {{ till }} is silent
             */
            readonly subject: string;
        };
        /** @description A version that was kept. */
        readonly TemplateKept: {
            /** Format: int64 */
            readonly version: number;
        };
        /** @description The words that count for an event in a language. */
        readonly TemplateShown: {
            readonly event: string;
            /** @description What the words can name. */
            readonly fields: readonly string[];
            readonly language: string;
            /** Format: int64 */
            readonly made_at_ms?: number | null;
            readonly made_by?: string | null;
            readonly template: components["schemas"]["TemplateForm"];
            /**
             * Format: int64
             * @description 0 for the built-in words.
             */
            readonly version: number;
        };
        /** @description Words. */
        readonly Templates: {
            readonly items: readonly components["schemas"]["TemplateShown"][];
        };
        /** @description Something that was found. */
        readonly ThingFound: {
            readonly archived: boolean;
            /** @description A product's category, or how far a document has come. */
            readonly category?: string;
            /** @description Its names by language, in pieces. */
            readonly highlighted: {
                readonly [key: string]: readonly components["schemas"]["PieceShown"][];
            };
            readonly id: string;
            /** @description `product`, `supplier` or `document`. */
            readonly kind: string;
            /** @description As in `/api/v1/products/search`. */
            readonly matched?: string | null;
            readonly numbers: readonly string[];
        };
        /** @description Things that were found, the best first. */
        readonly ThingsFound: {
            readonly items: readonly components["schemas"]["ThingFound"][];
            /** @description `after` of the next page; absent on the last, and behind the first 1,000. */
            readonly next?: string | null;
            /** @description How many there are in all; Meilisearch estimates it. */
            readonly total: number;
        };
        /** @description A till. */
        readonly Till: {
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly created_at_ms: number;
            readonly id: string;
            readonly last_seen?: components["schemas"]["Seen"] | null;
            readonly name: string;
            /** @description Whether it is connected to the broker; absent while nobody can know. */
            readonly online?: boolean | null;
            /**
             * Format: int64
             * @description When it was taken out of use.
             */
            readonly retired_at_ms?: number | null;
            readonly store: string;
            readonly told_sale?: components["schemas"]["ToldSale"] | null;
        };
        /** @description The tills of a store. */
        readonly Tills: {
            readonly items: readonly components["schemas"]["Till"][];
        };
        /** @description A token that was made. */
        readonly TokenMade: {
            readonly id: string;
            /** @description The token, shown this once: send it as `Authorization: Bearer`. */
            readonly token: string;
        };
        /** @description A token, without what it is. */
        readonly TokenShown: {
            /** Format: int64 */
            readonly expires_at_ms?: number | null;
            readonly grant: readonly components["schemas"]["GrantForm"][];
            readonly id: string;
            /** Format: int64 */
            readonly made_at_ms: number;
            readonly made_by: string;
            readonly name: string;
            /** Format: int64 */
            readonly revoked_at_ms?: number | null;
            /** Format: int64 */
            readonly used_at_ms?: number | null;
        };
        /** @description The tokens of an organisation, newest first. */
        readonly Tokens: {
            readonly items: readonly components["schemas"]["TokenShown"][];
        };
        /** @description What was told. */
        readonly Told: {
            /** Format: int64 */
            readonly id: number;
        };
        /** @description A sale as a till tells of it at once. Sums are made of sales themselves and never of this. */
        readonly ToldSale: {
            /** @description ISO 4217 code of that. */
            readonly currency: string;
            /**
             * Format: int64
             * @description What it comes to, in minor units.
             */
            readonly gross_minor: number;
            /**
             * Format: int32
             * @description How many lines it has.
             */
            readonly lines: number;
            /**
             * Format: int64
             * @description Its number.
             */
            readonly sequence: number;
        };
        /** @description What is expected of one day, in minor units. */
        readonly TotalDayShown: {
            readonly day: string;
            /**
             * Format: int64
             * @description See `low_minor`.
             */
            readonly high_minor: number;
            /**
             * Format: int64
             * @description Between these it lies on eight of ten days.
             */
            readonly low_minor: number;
            /**
             * Format: int64
             * @description What is expected, agreed over all levels: categories sum up to their store, and what products add to them (`agreed` of a
             *     forecast) to their category.
             */
            readonly mean_minor: number;
            /**
             * Format: int64
             * @description What was expected of the sum by itself; null where too little is known for that.
             */
            readonly own_mean_minor?: number | null;
        };
        /** @description What a store, or a category of it, is expected to sell: quantities times the prices of each day, with the tax that is in them. */
        readonly TotalShown: {
            /** @description What is summed up. */
            readonly by: components["schemas"]["SummedBy"];
            /** @description The category's name; null for a store, and for products that have no category. */
            readonly category?: string | null;
            readonly currency: string;
            /**
             * Format: int32
             * @description How many digits of an amount in minor units stand behind the point.
             */
            readonly currency_exponent: number;
            /** Format: int32 */
            readonly days: number;
            readonly first_day: string;
            /** @description Day by day. */
            readonly forecast: readonly components["schemas"]["TotalDayShown"][];
            /** @description The next fourteen days, or fewer where fewer are forecast. */
            readonly fortnight: components["schemas"]["Ahead"];
            readonly goodness?: components["schemas"]["Goodness"] | null;
            /** @description What was sold in the days before. */
            readonly history: readonly components["schemas"]["SoldValue"][];
            /**
             * Format: int32
             * @description Days of history that it knew.
             */
            readonly history_days: number;
            /**
             * Format: int64
             * @description When it was made.
             */
            readonly made_at_ms: number;
            /** @description The method that forecast it by itself, `mix` of several, or `sum` where too little is known for that and it is the sum of its products. */
            readonly method: string;
            /**
             * Format: int32
             * @description How many products it sums up.
             */
            readonly products: number;
            /** @description Why it is so. */
            readonly reasons: readonly components["schemas"]["ReasonShown"][];
            /** @description The run whose forecasts it sums up. */
            readonly run: string;
            /** @description The next seven days. */
            readonly week: components["schemas"]["Ahead"];
        };
        /** @description What the document says it comes to; never worked out here. */
        readonly Totals: {
            /** @default null */
            readonly charges: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly discounts: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly gross: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly lines: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly net: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly payable: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly prepaid: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly rounding: components["schemas"]["Field_String"] | null;
            /** @default null */
            readonly tax: components["schemas"]["Field_String"] | null;
        };
        /** @description Other goods in place of a draft's. */
        readonly TransferEditForm: {
            /** @description Up to 1000; what is named twice becomes one line. */
            readonly lines: readonly components["schemas"]["TransferLineForm"][];
            readonly note?: string;
        };
        /** @description Goods that are to go from one store to another. */
        readonly TransferForm: {
            /** @description The store where they are. */
            readonly from: string;
            /** @description A UUID that the caller drew: the same again makes nothing. */
            readonly id?: string | null;
            /** @description Up to 1000; what is named twice becomes one line. */
            readonly lines: readonly components["schemas"]["TransferLineForm"][];
            readonly note?: string;
            /** @description The store to which they go. */
            readonly to: string;
        };
        /** @description Goods that are to go. */
        readonly TransferLineForm: {
            readonly product: string;
            /**
             * Format: int64
             * @description Pieces or grams.
             */
            readonly quantity: number;
            readonly unit?: components["schemas"]["CountedIn"] | null;
        };
        /** @description A line of a transfer. */
        readonly TransferLineShown: {
            /**
             * Format: int64
             * @description How many did not.
             */
            readonly missing: number;
            /**
             * Format: int32
             * @description Its number, from 1.
             */
            readonly number: number;
            readonly product: string;
            /** Format: int64 */
            readonly quantity: number;
            /**
             * Format: int64
             * @description How many came, once that is known.
             */
            readonly received?: number | null;
            /** @description What became of those: `waste`, `found` (they came after all) or `returned` (they never left). */
            readonly settled_as?: string | null;
            /** Format: int64 */
            readonly settled_at_ms?: number | null;
            readonly settled_by?: string | null;
            readonly unit: components["schemas"]["CountedIn"];
        };
        /** @description A transfer. */
        readonly TransferShown: {
            readonly from: string;
            readonly id: string;
            readonly lines: readonly components["schemas"]["TransferLineShown"][];
            /** Format: int64 */
            readonly made_at_ms: number;
            readonly made_by: string;
            readonly note: string;
            /** Format: int64 */
            readonly sent_at_ms?: number | null;
            readonly sent_by?: string | null;
            /** Format: int64 */
            readonly settled_at_ms?: number | null;
            /** @description Who received it or called it off. */
            readonly settled_by?: string | null;
            /** @description `draft`, `sent`, `received` or `cancelled`. */
            readonly state: string;
            readonly to: string;
        };
        /**
         * @description What becomes of products that nobody counted.
         * @enum {string}
         */
        readonly UncountedWord: "leave" | "nothing";
        /**
         * @description What stock is counted in.
         * @enum {string}
         */
        readonly Unit: "piece" | "gram";
        /** @description How much is new. */
        readonly Unread: {
            /** Format: int64 */
            readonly unread: number;
        };
        /** @description What a check of the chain found. */
        readonly Verification: {
            /**
             * Format: int64
             * @description Entries that fit.
             */
            readonly checked: number;
            /** @description The chain's hash after the last of them, to compare with one noted elsewhere. */
            readonly hash: string;
            /** @description Whether the whole log is what it was when it was written. */
            readonly intact: boolean;
            /** @description The first thing that does not fit. */
            readonly problem?: string | null;
        };
        /** @description One correction of a document. */
        readonly VersionShown: {
            /**
             * @description Whether the supplier's next document is read by it: `waiting` (it is being tried), `learnt`, `refused` (it would make other
             *     documents worse) or `nothing` (there is nothing to learn but what its lines are).
             */
            readonly learning: string;
            /** @description Why, in words. */
            readonly learning_note?: string | null;
            /**
             * Format: int64
             * @description Milliseconds since 1970.
             */
            readonly made_at_ms: number;
            /** @description Who made it. */
            readonly made_by: string;
            /**
             * Format: int64
             * @description It was taken back then, in milliseconds since 1970.
             */
            readonly undone_at_ms?: number | null;
            /** Format: int32 */
            readonly version: number;
        };
        /** @description The corrections of a document, newest first. */
        readonly Versions: {
            readonly items: readonly components["schemas"]["VersionShown"][];
        };
        /** @description What to mind about a document: a code with values for programs and translations, and the same in English. */
        readonly Warning: {
            /** @description A short stable word: `totals_differ`, `line_unreadable` .. */
            readonly code: string;
            /**
             * Format: int64
             * @description The line it is about, from 0.
             */
            readonly line?: number | null;
            /** @description The same as an English sentence, with the way out. */
            readonly text?: string;
            /** @description The values in question by their names: `computed`, `said`, `limit` .. None in what was read before values had names. */
            readonly values?: {
                readonly [key: string]: string;
            };
        };
        /** @description What was thrown away or lost. */
        readonly WasteForm: {
            /** @description A UUID that the caller drew: the same again is booked once. */
            readonly id?: string | null;
            /** @description What else is to be said. */
            readonly note?: string;
            readonly product: string;
            /**
             * Format: int64
             * @description Pieces or grams.
             */
            readonly quantity: number;
            readonly reason: components["schemas"]["WasteWord"];
            readonly unit?: components["schemas"]["CountedIn"] | null;
        };
        /** @description What was thrown away or lost, and what it was worth. */
        readonly WasteShown: {
            /**
             * Format: int64
             * @description What it had cost without tax, in minor units, where an order or a document says so.
             */
            readonly cost_minor?: number | null;
            readonly currency: string;
            /**
             * Format: int64
             * @description What it would have been sold for, in minor units; nothing where the product has no price in the store's currency.
             */
            readonly price_minor?: number | null;
            readonly product: string;
            /** Format: int64 */
            readonly quantity: number;
            /** @description `expired`, `damaged`, `stolen`, `own_use`, `transfer` (it did not come with one) or `other`. */
            readonly reason: string;
            readonly unit: components["schemas"]["CountedIn"];
        };
        /** @description Waste of one product for one reason. */
        readonly WasteSumShown: {
            /**
             * Format: int64
             * @description How often it was booked.
             */
            readonly times: number;
            readonly waste: components["schemas"]["WasteShown"];
            /**
             * Format: int64
             * @description How often without a known cost: `cost_minor` leaves those out.
             */
            readonly without_cost: number;
        };
        /** @description Waste of some days. */
        readonly WasteSums: {
            /** @description By product and reason. */
            readonly items: readonly components["schemas"]["WasteSumShown"][];
        };
        /** @description What was booked. */
        readonly WasteTakenShown: {
            /** @description Whether it was booked now, and not before. */
            readonly is_new: boolean;
            /**
             * Format: int64
             * @description On hand now.
             */
            readonly quantity: number;
            readonly waste: components["schemas"]["WasteShown"];
        };
        /**
         * @description Why goods were thrown away or lost.
         * @enum {string}
         */
        readonly WasteWord: "expired" | "damaged" | "stolen" | "own_use" | "other";
        /** @description Both, side by side. */
        readonly WhatIf: {
            readonly as_it_is: components["schemas"]["CameOf"];
            readonly changed: components["schemas"]["CameOf"];
            readonly currency: string;
            readonly days: number;
            /** @description The first day that was lived through. */
            readonly first_day: string;
            readonly products: number;
        };
        /** @description What would be otherwise. What is not said stays as it is. */
        readonly WhatIfForm: {
            /**
             * Format: int64
             * @description What may be ordered at once, in minor units.
             */
            readonly budget_minor?: number | null;
            /**
             * Format: int32
             * @description How many days are lived through, from 28 to 182; 91 when not said. Fewer where the store has not been open for as long and four
             *     weeks more.
             */
            readonly days?: number | null;
            /**
             * Format: int32
             * @description Days from an order to the goods, of every product.
             */
            readonly lead_days?: number | null;
            /**
             * Format: int64
             * @description The smallest order that suppliers take, in minor units.
             */
            readonly order_min_minor?: number | null;
            /** @description Which products; those that sell most when not said. */
            readonly products?: readonly string[];
            /**
             * Format: int32
             * @description Days from one order to the next.
             */
            readonly review_days?: number | null;
            /**
             * Format: int32
             * @description The probability that what is there lasts until the next goods come, in hundredths of a percent: of what brings most, ..
             */
            readonly service_a?: number | null;
            /**
             * Format: int32
             * @description .. of what comes next, ..
             */
            readonly service_b?: number | null;
            /**
             * Format: int32
             * @description .. and of the rest.
             */
            readonly service_c?: number | null;
            /**
             * Format: int32
             * @description Days for which what spoils can be sold.
             */
            readonly shelf_life_days?: number | null;
            /** @description Which store. */
            readonly store: string;
        };
        /** @description Words in a language. */
        readonly WordsIn: {
            /** @description `en`, `ru` or `de`. */
            readonly language: string;
            /**
             * Format: int64
             * @description How many people read it so.
             */
            readonly people: number;
            readonly subject: string;
            readonly text: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
