-- The reseller of the buyer, so that a page of one reseller's orders or reservations costs the same at any size.
ALTER TABLE orders ADD COLUMN reseller_id BIGINT;
UPDATE orders SET reseller_id = (SELECT a.reseller_id FROM accounts a WHERE a.id = orders.account_id)
    WHERE account_id IS NOT NULL;
CREATE INDEX orders_reseller ON orders (reseller_id, id) WHERE reseller_id IS NOT NULL;

ALTER TABLE number_reservations ADD COLUMN reseller_id BIGINT;
UPDATE number_reservations
    SET reseller_id = (SELECT a.reseller_id FROM accounts a WHERE a.id = number_reservations.account_id);
CREATE INDEX number_reservations_holding ON number_reservations (id) WHERE state = 'active';
CREATE INDEX number_reservations_reseller ON number_reservations (reseller_id, id) WHERE state = 'active';

-- What is there already is counted.
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'pools', 0, l.level, t.id >> l.level, COUNT(*)
    FROM number_pools t, (SELECT 16 AS level UNION ALL SELECT 8) l GROUP BY l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'vendors', 0, l.level, t.id >> l.level, COUNT(*)
    FROM vendors t, (SELECT 16 AS level UNION ALL SELECT 8) l GROUP BY l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'vendor links', 0, l.level, t.id >> l.level, COUNT(*)
    FROM vendor_links t, (SELECT 16 AS level UNION ALL SELECT 8) l GROUP BY l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'orders', 0, l.level, t.id >> l.level, COUNT(*)
    FROM orders t, (SELECT 16 AS level UNION ALL SELECT 8) l GROUP BY l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'orders by reseller_id', t.reseller_id, l.level, t.id >> l.level, COUNT(*)
    FROM orders t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.reseller_id IS NOT NULL GROUP BY t.reseller_id, l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'orders by account_id', t.account_id, l.level, t.id >> l.level, COUNT(*)
    FROM orders t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.account_id IS NOT NULL GROUP BY t.account_id, l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'orders by pool_id', t.pool_id, l.level, t.id >> l.level, COUNT(*)
    FROM orders t, (SELECT 16 AS level UNION ALL SELECT 8) l GROUP BY t.pool_id, l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'reservations', 0, l.level, t.id >> l.level, COUNT(*)
    FROM number_reservations t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.state = 'active' GROUP BY l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'reservations by reseller_id', t.reseller_id, l.level, t.id >> l.level, COUNT(*)
    FROM number_reservations t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.state = 'active' AND t.reseller_id IS NOT NULL GROUP BY t.reseller_id, l.level, t.id >> l.level;
INSERT INTO tallies (list, key, level, bucket, n)
    SELECT 'reservations by account_id', t.account_id, l.level, t.id >> l.level, COUNT(*)
    FROM number_reservations t, (SELECT 16 AS level UNION ALL SELECT 8) l
    WHERE t.state = 'active' GROUP BY t.account_id, l.level, t.id >> l.level;
