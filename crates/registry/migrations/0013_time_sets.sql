-- Named sets of times, for whatever holds only at some of them.
CREATE TABLE time_sets (
    id {pk},
    reseller_id BIGINT NOT NULL REFERENCES accounts (id),
    name {key} NOT NULL,
    -- Periods as RFC 5545 describes recurrences: what each member means stands with the type that reads it.
    times {json} NOT NULL
);
CREATE UNIQUE INDEX time_sets_name ON time_sets (reseller_id, name);
CREATE INDEX time_sets_reseller ON time_sets (reseller_id, id);
