-- One JSON object a line: {"table", "rows"} for every table of the application, {"newest", "at"} for each of :pairs (table: column).
select format('select json_build_object(''table'', %L::text, ''rows'', count(*)) from %s',
              case when n.nspname = 'public' then c.relname else n.nspname || '.' || c.relname end, c.oid::regclass)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p') and not c.relispartition and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
   and not exists (select 1 from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'e')
 order by 1 \gexec
select format('select json_build_object(''newest'', %L::text, ''at'', to_char(max(%I)::timestamptz at time zone ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'')) from %s',
              pair.key, pair.value, place)
  from json_each_text(:'pairs') as pair,
       lateral (select coalesce(to_regclass(pair.key),
                (select c.oid::regclass from pg_class c where c.relname = pair.key and c.relkind in ('r', 'p') and not c.relispartition limit 1)) as place) as found
 where place is not null order by 1 \gexec
