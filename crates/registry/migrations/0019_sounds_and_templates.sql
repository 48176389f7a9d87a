-- Sets of prompts, of a reseller or of one of its customers.
CREATE TABLE sound_sets (
    id {pk},
    -- Whose it is: the reseller, and the customer where it is one's own.
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    account_id BIGINT REFERENCES accounts (id),
    name {key} NOT NULL,
    description {key} NOT NULL,
    -- Of a customer's: its subscribers hear it where they have chosen none.
    contract_default BOOLEAN NOT NULL,
    -- Of a reseller's: its customers may look at it and use it.
    expose_to_customer BOOLEAN NOT NULL,
    -- Whose prompts are heard where this set has none.
    parent_id BIGINT REFERENCES sound_sets (id)
);
CREATE UNIQUE INDEX sound_sets_name ON sound_sets (reseller_id, name) WHERE account_id IS NULL;
CREATE UNIQUE INDEX sound_sets_customer_name ON sound_sets (account_id, name) WHERE account_id IS NOT NULL;
CREATE UNIQUE INDEX sound_sets_default ON sound_sets (account_id) WHERE contract_default;
CREATE INDEX sound_sets_reseller ON sound_sets (reseller_id, id);
CREATE INDEX sound_sets_account ON sound_sets (account_id, id) WHERE account_id IS NOT NULL;
CREATE INDEX sound_sets_exposed ON sound_sets (reseller_id, id) WHERE expose_to_customer;
CREATE INDEX sound_sets_parent ON sound_sets (parent_id) WHERE parent_id IS NOT NULL;

-- The prompt of a set for a handle.
CREATE TABLE sound_files (
    id {pk},
    set_id BIGINT NOT NULL REFERENCES sound_sets (id),
    -- Those of the set.
    reseller_id BIGINT NOT NULL,
    account_id BIGINT,
    exposed BOOLEAN NOT NULL,
    handle {key} NOT NULL,
    filename {key},
    -- wav, mp3, ogg; null: there is no recording
    format TEXT,
    -- Bytes of the recording.
    size BIGINT NOT NULL,
    loopplay BOOLEAN NOT NULL,
    -- The recording of the set's parent is heard.
    use_parent BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX sound_files_handle ON sound_files (set_id, handle);
CREATE INDEX sound_files_set ON sound_files (set_id, id);
CREATE INDEX sound_files_reseller ON sound_files (reseller_id, id);
CREATE INDEX sound_files_account ON sound_files (account_id, id) WHERE account_id IS NOT NULL;
CREATE INDEX sound_files_exposed ON sound_files (reseller_id, id) WHERE exposed;

-- Recordings apart from what is listed.
CREATE TABLE sound_recordings (
    file_id BIGINT PRIMARY KEY REFERENCES sound_files (id),
    data BYTEA NOT NULL
);

-- Texts of mails. Those without a reseller come with the installation.
CREATE TABLE email_templates (
    id {pk},
    reseller_id BIGINT REFERENCES accounts (id),
    name {key} NOT NULL,
    from_email TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    attachment_name TEXT
);
CREATE UNIQUE INDEX email_templates_name ON email_templates (reseller_id, name) WHERE reseller_id IS NOT NULL;
CREATE UNIQUE INDEX email_templates_factory_name ON email_templates (name) WHERE reseller_id IS NULL;
CREATE INDEX email_templates_reseller ON email_templates (reseller_id, id);

CREATE TABLE invoice_templates (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    name {key} NOT NULL,
    -- svg, html
    markup TEXT NOT NULL,
    -- customer, peer, reseller, did
    category TEXT NOT NULL,
    -- in, out, in_out
    call_direction TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE UNIQUE INDEX invoice_templates_name ON invoice_templates (reseller_id, name);
CREATE INDEX invoice_templates_reseller ON invoice_templates (reseller_id, id);

-- Who refers to a template is asked before it goes.
CREATE INDEX accounts_subscriber_email_template ON accounts (subscriber_email_template_id)
    WHERE subscriber_email_template_id IS NOT NULL;
CREATE INDEX accounts_passreset_email_template ON accounts (passreset_email_template_id)
    WHERE passreset_email_template_id IS NOT NULL;
CREATE INDEX accounts_invoice_email_template ON accounts (invoice_email_template_id)
    WHERE invoice_email_template_id IS NOT NULL;
CREATE INDEX accounts_invoice_template ON accounts (invoice_template_id) WHERE invoice_template_id IS NOT NULL;

-- How a reseller's self-care looks.
CREATE TABLE reseller_brandings (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    css TEXT NOT NULL,
    csc_color_primary TEXT,
    csc_color_secondary TEXT,
    -- Media type of the logo; null: there is none
    logo_image_type TEXT
);
CREATE UNIQUE INDEX reseller_brandings_reseller ON reseller_brandings (reseller_id);

CREATE TABLE reseller_logos (
    branding_id BIGINT PRIMARY KEY REFERENCES reseller_brandings (id),
    data BYTEA NOT NULL
);

-- Where the keys of a subscriber's auto attendant lead.
CREATE TABLE auto_attendants (
    subscriber_id BIGINT PRIMARY KEY REFERENCES subscribers (id),
    -- Objects of a slot (0 to 9, default) and a destination, a SIP URI.
    slots {json} NOT NULL
);

-- The templates that come with the installation.
INSERT INTO email_templates (name, from_email, subject, body) VALUES
('subscriber_default_email', 'noreply@default.invalid', 'Your telephone account', 'Hello,

your telephone account [% subscriber %] has been set up.

Choose your password here:
[% url %]
'),
('passreset_default_email', 'noreply@default.invalid', 'A new password for your telephone account', 'Hello,

somebody, most likely you, has asked for a new password for [% subscriber %].

Choose it here:
[% url %]

If it was not you, there is nothing to do: your password stays as it is.
'),
('invoice_default_email', 'noreply@default.invalid', 'Invoice [% invoice.serial %]', 'Hello,

attached you find invoice [% invoice.serial %] for the time from [% invoice.period_start %] to [% invoice.period_end %].
'),
('credit_warning_default_email', 'noreply@default.invalid', 'Credit is running low: [% domain %]', 'The credit of these customers has fallen below [% threshold %]:

[% FOREACH contract IN contracts %]customer [% contract.id %]: [% contract.cash_balance %]
[% END %]
'),
('customer_fraud_lock_default_email', 'noreply@default.invalid', 'Customer [% customer_id %] has been locked: [% type %] limit exceeded', 'Customer [% customer_id %] has exceeded its [% type %] limit for calls and has been locked.

Cost so far: [% interval_cost %]
Limit: [% interval_limit %]
Lock: [% interval_lock %]

Subscribers of this customer:
[% FOREACH subscriber IN subscribers %][% subscriber.username %]@[% subscriber.domain %] [% subscriber.external_id %]
[% END %]
'),
('customer_fraud_warning_default_email', 'noreply@default.invalid', 'Customer [% customer_id %] has exceeded its [% type %] limit', 'Customer [% customer_id %] has exceeded its [% type %] limit for calls. It has not been locked.

Cost so far: [% interval_cost %]
Limit: [% interval_limit %]

Subscribers of this customer:
[% FOREACH subscriber IN subscribers %][% subscriber.username %]@[% subscriber.domain %] [% subscriber.external_id %]
[% END %]
'),
('fax_receive_ok_default_email', 'noreply@default.invalid', 'Fax from [% caller %]', 'A fax has come in and is attached.

From: [% caller %]
To: [% callee %]
Pages: [% pages %]
Time: [% timestamp %]
'),
('fax_send_copy_default_email', 'noreply@default.invalid', 'Copy of your fax to [% callee %]', 'A copy of the fax that you have sent is attached.

From: [% caller %]
To: [% callee %]
Pages: [% pages %]
Time: [% timestamp %]
'),
('fax_notify_ok_default_email', 'noreply@default.invalid', 'Your fax to [% callee %] has been delivered', 'Your fax has been delivered.

From: [% caller %]
To: [% callee %]
Pages: [% pages %]
Time: [% timestamp %]
'),
('fax_notify_error_default_email', 'noreply@default.invalid', 'Your fax to [% callee %] could not be delivered', 'Your fax could not be delivered.

From: [% caller %]
To: [% callee %]
Pages: [% pages %]
Time: [% timestamp %]
Reason: [% error %]
'),
('fax_notify_secret_update_default_email', 'noreply@default.invalid', 'New secret for sending faxes by mail', 'The secret that your mails to the fax service must carry has been renewed.

Number: [% number %]
Secret: [% secret %]
'),
('admin_passreset_default_email', 'noreply@default.invalid', 'A new password for your login', 'Hello,

somebody, most likely you, has asked for a new password for the login [% admin %].

Choose it here:
[% url %]

If it was not you, there is nothing to do: your password stays as it is.
');
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'email templates', 0, l.level, t.id >> l.level, COUNT(*)
    FROM email_templates t, (SELECT 16 AS level UNION ALL SELECT 8) l GROUP BY l.level, t.id >> l.level;
