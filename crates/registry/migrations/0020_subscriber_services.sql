-- Settings of a subscriber for one service each: voicemail_settings, fax_settings, mail_to_fax_settings, cc_map_entries,
-- manager_secretaries. Whoever has no row has the service's defaults.
CREATE TABLE subscriber_services (
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    service {key} NOT NULL,
    settings {json} NOT NULL,
    -- What of them is secret, sealed.
    secrets BYTEA,
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
    -- Whether it is meant for the other subscribers of the customer too, for whatever shows them a book.
    shared BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX subscriber_phonebook_entries_number ON subscriber_phonebook_entries (subscriber_id, number);
CREATE INDEX subscriber_phonebook_entries_subscriber ON subscriber_phonebook_entries (subscriber_id, id);
CREATE INDEX subscriber_phonebook_entries_account ON subscriber_phonebook_entries (account_id, id);
CREATE INDEX subscriber_phonebook_entries_reseller ON subscriber_phonebook_entries (reseller_id, id);

-- What callers of a subscriber's voice box hear.
CREATE TABLE voicemail_greetings (
    id {pk},
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    -- Those of the subscriber.
    account_id BIGINT NOT NULL,
    reseller_id BIGINT NOT NULL,
    -- unavail, busy
    dir {key} NOT NULL,
    -- wav, mp3, ogg
    format TEXT NOT NULL,
    -- Bytes of the recording.
    size BIGINT NOT NULL
);
CREATE UNIQUE INDEX voicemail_greetings_subscriber ON voicemail_greetings (subscriber_id, dir);
CREATE INDEX voicemail_greetings_reseller ON voicemail_greetings (reseller_id, id);
CREATE INDEX voicemail_greetings_account ON voicemail_greetings (account_id, id);

-- Recordings apart from what is listed.
CREATE TABLE voicemail_greeting_recordings (
    greeting_id BIGINT PRIMARY KEY REFERENCES voicemail_greetings (id),
    data BYTEA NOT NULL
);

-- The subscribers in the directories of PBXs.
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'PBX directory', 0, l.level, t.id >> l.level, COUNT(*)
    FROM subscribers t JOIN accounts a ON a.id = t.account_id, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.status <> 'terminated' AND NOT t.is_pbx_group AND a.product = 'pbxaccount'
    GROUP BY l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'PBX directory by reseller_id', t.reseller_id, l.level, t.id >> l.level, COUNT(*)
    FROM subscribers t JOIN accounts a ON a.id = t.account_id, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.status <> 'terminated' AND NOT t.is_pbx_group AND a.product = 'pbxaccount'
    GROUP BY t.reseller_id, l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'PBX directory by account_id', t.account_id, l.level, t.id >> l.level, COUNT(*)
    FROM subscribers t JOIN accounts a ON a.id = t.account_id, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.status <> 'terminated' AND NOT t.is_pbx_group AND a.product = 'pbxaccount'
    GROUP BY t.account_id, l.level, t.id >> l.level;
