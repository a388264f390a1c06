// Made by `cargo xtask ui --types` from the cloud's description of its REST face. Not to be changed by hand.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
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
        /** @description What there is of a product. */
        readonly Balance: {
            readonly product: string;
            /**
             * Format: int64
             * @description Below zero where more was sold than was ever booked in.
             */
            readonly quantity: number;
            /** @description `piece` or `g`. */
            readonly unit: string;
        };
        /** @description The categories of an organisation in order of name. */
        readonly Categories: {
            readonly items: readonly components["schemas"]["CategoryShown"][];
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
        /** @description What somebody did. */
        readonly Entry: {
            /** @description What. */
            readonly action: string;
            /** @description Who: `user:`, `token:`, `till:` or `system:` and an id. */
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
        /** @description The families of an organisation in order of name. */
        readonly Families: {
            readonly items: readonly components["schemas"]["Family"][];
        };
        /** @description A family of categories. */
        readonly Family: {
            readonly categories: readonly string[];
            readonly name: string;
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
        /** @description A role, in the whole organisation or in one store. */
        readonly GrantForm: {
            /** @description What may be done. */
            readonly role: components["schemas"]["RoleWord"];
            /** @description Where; absent for the whole organisation. */
            readonly store?: string | null;
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
        /** @description How far each till's journal is known, and what is odd about it. */
        readonly Journals: {
            /** @description Places that came twice with different sales: the till was restored from an old backup, or there are two of it. */
            readonly forks: readonly components["schemas"]["Fork"][];
            /** @description Places that never came. */
            readonly gaps: readonly components["schemas"]["Gap"][];
            /** @description The newest place of each till that ever sent anything. */
            readonly heads: readonly components["schemas"]["Head"][];
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
        /**
         * @description What a till can be told to do.
         * @enum {string}
         */
        readonly Op: "report" | "pull_catalogue" | "reconnect";
        /** @description A part of a long list. */
        readonly Page_Balance: {
            /** @description The things. */
            readonly items: readonly {
                readonly product: string;
                /**
                 * Format: int64
                 * @description Below zero where more was sold than was ever booked in.
                 */
                readonly quantity: number;
                /** @description `piece` or `g`. */
                readonly unit: string;
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
                /** @description Who: `user:`, `token:`, `till:` or `system:` and an id. */
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
        /** @description The photos of a product in the order in which they came. */
        readonly Photos: {
            readonly items: readonly components["schemas"]["PhotoShown"][];
        };
        /** @description Photos alone. */
        readonly PhotosUpload: {
            /** @description Up to 10 photos of 15 MiB each, 150 MiB in all: JPEG, PNG or WebP. */
            readonly images?: readonly string[];
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
        /** @description Sums in order of day, till and currency. */
        readonly Sums: {
            readonly items: readonly components["schemas"]["Sum"][];
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
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
