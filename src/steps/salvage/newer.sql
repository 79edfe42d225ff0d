-- One JSON object a line: {"orphans", "rows"} for each of :since (table: {column, at}): rows written after that moment (told in milliseconds).
select format('select json_build_object(''orphans'', %L::text, ''rows'', count(*)) from %s where date_trunc(''milliseconds'', %I::timestamptz) > %L::timestamptz',
              pair.key, place, pair.value ->> 'column', pair.value ->> 'at')
  from json_each(:'since') as pair,
       lateral (select coalesce(to_regclass(pair.key),
                (select c.oid::regclass from pg_class c where c.relname = pair.key and c.relkind in ('r', 'p') and not c.relispartition limit 1)) as place) as found
 where place is not null order by 1 \gexec
