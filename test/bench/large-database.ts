/** About 1 GB: a long table of events, its users, and documents; nine indexes and two foreign keys. */
export const largeDatabase = `
  create table people (id int primary key, mail text unique, name text, created_at timestamptz);
  insert into people select n, 'p' || n || '@kyc.test', md5(n::text), now() - n * interval '1 second' from generate_series(1, 300000) n;
  create table happenings (id bigint primary key, person int references people, at timestamptz, kind text, payload text);
  insert into happenings select n, 1 + n % 300000, now() - n * interval '1 second', 'k' || n % 40, repeat(md5(n::text), 4) from generate_series(1, 2600000) n;
  create index on happenings (person); create index on happenings (at); create index on happenings (kind, at); create index on happenings (md5(payload));
  create table papers (id int primary key, person int references people, body text);
  insert into papers select n, 1 + n % 300000, repeat(md5(n::text), 12) from generate_series(1, 400000) n;
  create index on papers (person); create index on papers (md5(body));
`;
