-- The practice database: small, but with the objects that break careless restores.
CREATE EXTENSION pg_trgm;
CREATE SCHEMA kyc;
CREATE TYPE kyc.order_status AS ENUM ('new', 'paid', 'checked', 'refused');
CREATE DOMAIN kyc.email AS text CHECK (VALUE ~ '^[^@\s]+@[^@\s]+$');

CREATE TABLE kyc.users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email kyc.email NOT NULL UNIQUE,
  name text NOT NULL,
  country char(2) NOT NULL,
  orders_count integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL
);
CREATE INDEX users_name_trgm ON kyc.users USING gin (name gin_trgm_ops);

CREATE SEQUENCE kyc.order_number START 100000;
CREATE TABLE kyc.orders (
  id bigserial PRIMARY KEY,
  number bigint NOT NULL DEFAULT nextval('kyc.order_number') UNIQUE,
  user_id bigint NOT NULL REFERENCES kyc.users (id),
  amount_cents integer NOT NULL CHECK (amount_cents > 0),
  status kyc.order_status NOT NULL DEFAULT 'new',
  note text,
  site text NOT NULL DEFAULT 'limburg',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX orders_user ON kyc.orders (user_id);
CREATE INDEX orders_created ON kyc.orders (created_at DESC);

CREATE TABLE kyc.documents (
  id bigserial PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES kyc.users (id) ON DELETE CASCADE,
  title text NOT NULL,
  scan oid,
  content bytea NOT NULL,
  created_at timestamptz NOT NULL
);
ALTER TABLE kyc.documents ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE kyc.events (
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL,
  kind text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE kyc.events_old PARTITION OF kyc.events FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
CREATE TABLE kyc.events_2026 PARTITION OF kyc.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE kyc.events_rest PARTITION OF kyc.events DEFAULT;

CREATE FUNCTION kyc.count_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE kyc.users SET orders_count = orders_count + 1 WHERE id = NEW.user_id;
  INSERT INTO kyc.events (at, kind, detail) VALUES (NEW.created_at, 'order', jsonb_build_object('order', NEW.id));
  RETURN NEW;
END $$;
CREATE TRIGGER order_counted AFTER INSERT ON kyc.orders FOR EACH ROW EXECUTE FUNCTION kyc.count_order();

CREATE VIEW kyc.open_orders AS SELECT id, number, user_id, amount_cents FROM kyc.orders WHERE status = 'new';
CREATE MATERIALIZED VIEW kyc.orders_by_country AS
  SELECT country, count(*) AS orders, sum(amount_cents)::bigint AS cents FROM kyc.orders JOIN kyc.users ON users.id = user_id GROUP BY country;
CREATE UNIQUE INDEX orders_by_country_key ON kyc.orders_by_country (country);

GRANT USAGE ON SCHEMA kyc TO kyc_app, kyc_read;
GRANT SELECT ON ALL TABLES IN SCHEMA kyc TO kyc_read;
GRANT SELECT, INSERT ON kyc.users, kyc.documents, kyc.events TO kyc_app;
GRANT SELECT, INSERT, UPDATE (status, note) ON kyc.orders TO kyc_app;
GRANT UPDATE (orders_count) ON kyc.users TO kyc_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA kyc TO kyc_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA kyc GRANT SELECT ON TABLES TO kyc_read;
COMMENT ON TABLE kyc.orders IS 'what customers asked to have checked; "paid" is not "checked"';
