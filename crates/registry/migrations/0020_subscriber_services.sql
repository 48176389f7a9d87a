-- Settings of a subscriber for one service each: voicemail_settings, fax_settings, mail_to_fax_settings, cc_map_entries,
-- manager_secretaries. Whoever has no row has the service's defaults.
CREATE TABLE subscriber_services (
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    service {key} NOT NULL,
    settings {json} NOT NULL,
    PRIMARY KEY (subscriber_id, service)
);

-- What a short code of a subscriber dials.
CREATE TABLE speed_dials (
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    -- *0 to *9
    slot {key} NOT NULL,
    position BIGINT NOT NULL,
    -- A SIP URI.
    destination TEXT NOT NULL,
    PRIMARY KEY (subscriber_id, slot)
);

-- Calls that wake a subscriber, or remind it of something.
CREATE TABLE reminders (
    id {pk},
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    -- Those of the subscriber.
    account_id BIGINT NOT NULL,
    reseller_id BIGINT NOT NULL,
    -- HH:MM:SS in the subscriber's time zone.
    time TEXT NOT NULL,
    -- never, weekdays, always
    recur TEXT NOT NULL,
    active BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX reminders_subscriber ON reminders (subscriber_id);
CREATE INDEX reminders_reseller ON reminders (reseller_id, id);
CREATE INDEX reminders_account ON reminders (account_id, id);

CREATE TABLE reseller_phonebook_entries (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    name {key} NOT NULL,
    number {key} NOT NULL
);
CREATE UNIQUE INDEX reseller_phonebook_entries_number ON reseller_phonebook_entries (reseller_id, number);
CREATE INDEX reseller_phonebook_entries_reseller ON reseller_phonebook_entries (reseller_id, id);

CREATE TABLE customer_phonebook_entries (
    id {pk},
    customer_id BIGINT NOT NULL REFERENCES accounts (id),
    reseller_id BIGINT NOT NULL,
    name {key} NOT NULL,
    number {key} NOT NULL
);
CREATE UNIQUE INDEX customer_phonebook_entries_number ON customer_phonebook_entries (customer_id, number);
CREATE INDEX customer_phonebook_entries_customer ON customer_phonebook_entries (customer_id, id);
CREATE INDEX customer_phonebook_entries_reseller ON customer_phonebook_entries (reseller_id, id);

CREATE TABLE subscriber_phonebook_entries (
    id {pk},
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    account_id BIGINT NOT NULL,
    reseller_id BIGINT NOT NULL,
    name {key} NOT NULL,
    number {key} NOT NULL,
    -- The other subscribers of the customer see it.
    shared BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX subscriber_phonebook_entries_number ON subscriber_phonebook_entries (subscriber_id, number);
CREATE INDEX subscriber_phonebook_entries_subscriber ON subscriber_phonebook_entries (subscriber_id, id);
CREATE INDEX subscriber_phonebook_entries_account ON subscriber_phonebook_entries (account_id, id);
CREATE INDEX subscriber_phonebook_entries_reseller ON subscriber_phonebook_entries (reseller_id, id);
