-- One JSON object a line: {"table", "rows"} for every table of the application, {"newest", "at"} for each of :pairs (table: column).
-- With :contents 'sampled' or 'all' beside "rows": of how many rows the contents were read, and their checksum whatever their order. What
-- is sampled goes by the primary key, so that two databases with the same rows sample the same ones; a table without one is counted only.
set timezone = 'UTC';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set bytea_output = 'hex';
set extra_float_digits = 1;
select format('select json_build_object(''table'', %L::text, ''rows'', count(*)%s) from %s as drp_row',
              case when n.nspname = 'public' then c.relname else n.nspname || '.' || c.relname end,
              case when chosen.filter is null then '' else format(
                ', ''read'', count(*) filter (where %1$s), ''sum'', coalesce(sum((''x'' || left(md5(drp_row::text), 8))::bit(32)::bigint) filter (where %1$s), 0)::text',
                chosen.filter) end,
              c.oid::regclass)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace,
       lateral (select case :'contents' when 'all' then 'true' when 'sampled' then (
                  select case when a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
                              then format('drp_row.%I %% 97 = 0', a.attname)
                              else format('left(md5(drp_row.%I::text), 2) = ''00''', a.attname) end
                    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
                   where i.indrelid = c.oid and i.indisprimary
                   order by a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) desc, a.attnum limit 1) end as filter) as chosen
 where c.relkind in ('r', 'p') and not c.relispartition and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
   and not exists (select 1 from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'e')
 order by 1 \gexec
reset timezone;
reset datestyle;
reset intervalstyle;
reset bytea_output;
reset extra_float_digits;
select format('select json_build_object(''newest'', %L::text, ''at'', to_char(max(%I)::timestamptz at time zone ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'')) from %s',
              pair.key, pair.value, place)
  from json_each_text(:'pairs') as pair,
       lateral (select coalesce(to_regclass(pair.key),
                (select c.oid::regclass from pg_class c where c.relname = pair.key and c.relkind in ('r', 'p') and not c.relispartition limit 1)) as place) as found
 where place is not null order by 1 \gexec
