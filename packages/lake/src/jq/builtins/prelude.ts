/** Built-in functions that are written in jq, from those of forms.ts and functions.ts. Parsed when first needed. */
import { parseDefinitions } from '../parse.ts'
import type { FunctionEntry } from '../scope.ts'

const source = `
def map(f): [.[] | f];
def map_values(f): .[] |= f;
def recurse(f; condition): def r: ., (f | select(condition) | r); r;
def recurse_down: recurse;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type == "array" or type == "object");
def scalars: select(type != "array" and type != "object");
def finites: select((isinfinite or isnan) | not);
def normals: select(isnormal);
def in(xs): . as $x | xs | has($x);
def inside(xs): . as $x | xs | contains($x);
def to_entries: [keys_unsorted[] as $key | {key: $key, value: .[$key]}];
def from_entries:
  map({(.key // .name // .Name // .Key): (if has("value") then .value else .Value end)}) | add + {} // {};
def with_entries(f): to_entries | map(f) | from_entries;
def del(f): delpaths([path(f)]);
def paths: path(..) | select(length > 0);
def paths(condition): . as $root | paths | select(. as $path | $root | getpath($path) | condition);
def leaf_paths: paths(scalars);
def any: any(.[]; .);
def any(f): any(.[]; f);
def any(generator; condition): isempty(first(generator | condition | select(.))) | not;
def all: all(.[]; .);
def all(f): all(.[]; f);
def all(generator; condition): isempty(first(generator | condition | select(. | not)));
def sort_by(f): _sort_by(map([f]));
def group_by(f): _group_by(map([f]));
def unique_by(f): [group_by(f)[] | .[0]];
def min_by(f): _min_by(map([f]));
def max_by(f): _max_by(map([f]));
def while(condition; update): def w: if condition then ., (update | w) else empty end; w;
def until(condition; update): def u: if condition then . else (update | u) end; u;
def repeat(f): def r: ., (f | r); r;
def first: .[0];
def last: .[-1];
def last(f): reduce f as $x (null; $x);
def nth($n): .[$n];
def nth($n; f): if $n < 0 then error("Out of bounds negative array index") else last(limit($n + 1; f)) end;
def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $rest | [$x] + $rest end;
def combinations(n): . as $set | [range(n)] | map($set) | combinations;
def walk(f):
  if type == "object" then . as $in | reduce keys_unsorted[] as $key ({}; . + {($key): ($in[$key] | walk(f))}) | f
  elif type == "array" then map(walk(f)) | f
  else f end;
def transpose:
  if . == [] then []
  else . as $in | (map(length) | max) as $width | [range($width) as $j | [range($in | length) as $i | $in[$i][$j]]] end;
def match($re; $flags): _match($re; $flags)[];
def match($re): _match_arguments($re) as [$text, $flags] | match($text; $flags);
def test($re; $flags): _test($re; $flags);
def test($re): _match_arguments($re) as [$text, $flags] | test($text; $flags);
def _captures: [.captures[] | select(.name != null) | {key: .name, value: .string}] | from_entries;
def capture($re; $flags): match($re; $flags) | _captures;
def capture($re): match($re) | _captures;
def _scanned: if (.captures | length) > 0 then [.captures[].string] else .string end;
def scan($re): _match_arguments($re) as [$text, $flags] | match($text; "g" + $flags) | _scanned;
def split($re; $flags): _split($re; "g" + $flags);
def splits($re): splits($re; null);
def splits($re; $flags): split($re; $flags)[];
def sub($re; text): sub($re; text; "");
def gsub($re; text; $flags): sub($re; text; $flags + "g");
def gsub($re; text): sub($re; text; "g");
def todate: strftime("%Y-%m-%dT%H:%M:%SZ");
def fromdate: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;
def fromdateiso8601: fromdate;
def todateiso8601: todate;
def INDEX(stream; key): reduce stream as $row ({}; .[$row | key | tostring] |= $row);
def INDEX(key): INDEX(.[]; key);
def IN(s): any(s == .; .);
def IN(source; s): any(source == s; .);
`

let entries: Map<string, FunctionEntry> | undefined

function all(): Map<string, FunctionEntry> {
  entries ??= new Map(
    parseDefinitions(source).map((definition) => [
      `${definition.name}/${definition.params.length}`,
      { definition, scope: undefined, filter: undefined },
    ]),
  )
  return entries
}

/** The definition of `name/arity`, which stands in no scope. */
export function prelude(signature: string): FunctionEntry | undefined {
  return all().get(signature)
}

export function preludeSignatures(): string[] {
  return [...all().keys()]
}
