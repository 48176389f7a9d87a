-- Number portability. Numbers belong to a generation, and the one that lnp_state names is what holds: millions of numbers
-- are staged under the id of their import as a generation of their own and take the place of others at once.
CREATE TABLE lnp_state (
    id BIGINT PRIMARY KEY,
    generation BIGINT NOT NULL
);
INSERT INTO lnp_state (id, generation) VALUES (1, 0);

-- Carriers that numbers are ported to.
CREATE TABLE lnp_carriers (
    id {pk},
    name {key} NOT NULL,
    prefix {key} NOT NULL,
    authoritative BOOLEAN NOT NULL,
    skip_rewrite BOOLEAN NOT NULL,
    -- The import whose file names it and which has not come to its end; null: it is there for all to see.
    import_id BIGINT
);
CREATE UNIQUE INDEX lnp_carriers_name ON lnp_carriers (name) WHERE import_id IS NULL;
CREATE UNIQUE INDEX lnp_carriers_import ON lnp_carriers (import_id, name) WHERE import_id IS NOT NULL;

CREATE TABLE lnp_numbers (
    id {pk},
    generation BIGINT NOT NULL,
    carrier_id BIGINT NOT NULL REFERENCES lnp_carriers (id),
    number {key} NOT NULL,
    routing_number {key},
    -- Which kind of porting or number it is, in the words of whoever keeps the list.
    kind {key},
    -- From when; null: ever since.
    start_at BIGINT,
    -- The first moment at which it does not hold any more; null: for ever.
    end_at BIGINT
);
CREATE INDEX lnp_numbers_generation ON lnp_numbers (generation, id);
CREATE INDEX lnp_numbers_carrier ON lnp_numbers (carrier_id, generation, id);
-- Ends so that it serves who asks for a number of a carrier too: by the number, not by walking over the carrier's.
CREATE INDEX lnp_numbers_number ON lnp_numbers (generation, number, id, carrier_id);

-- Files of numbers: staged in short transactions, then published by a job that can be resumed.
CREATE TABLE lnp_imports (
    id {pk},
    -- staging, publishing, done, failed
    state TEXT NOT NULL,
    purge_existing BOOLEAN NOT NULL,
    staged BIGINT NOT NULL,
    published BIGINT NOT NULL,
    message TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    -- 1 while it is going on, else null: there is one at a time.
    slot BIGINT UNIQUE,
    -- When whoever stages rows was last seen, by the database's clock.
    seen_at BIGINT NOT NULL,
    -- The generation whose rows are to be removed once it has ended.
    clears BIGINT,
    -- Up to which row the step that is being done has come.
    position BIGINT NOT NULL
);
