"""python3 verify.py EXPORT [SIGNERS|-] ['RUN SEQ:HEAD' ...]: was this run changed? By journal-format.md, without drp.
verify_policy.py beside it looks at who might say what. Exits with 0 where all is good, 5 where not, 2 where nothing is read."""
import datetime, hashlib, json, re, subprocess, sys, tempfile
plan, people, opened, hashes, problems = {}, {}, {}, ["0" * 64], []
def sha(text): return hashlib.sha256(text.encode()).hexdigest()
def need(holds, message):
    if not holds: raise ValueError(message)
def spell(v):  # RFC 8785 for text, truth, whole numbers, lists and maps
    need(not isinstance(v, float) and (type(v) is not int or abs(v) < 2**53), "a number is not whole")
    if isinstance(v, list): return "[" + ",".join(map(spell, v)) + "]"
    if not isinstance(v, dict): return json.dumps(v, ensure_ascii=False)
    return "{" + ",".join(spell(k) + ":" + spell(v[k]) for k in sorted(v, key=lambda k: k.encode("utf-16-be"))) + "}"
def parse(text): return v if isinstance(v := json.loads(text), dict) and spell(v) == text else need(False, "it is not canonical")
def signature(person, i, at):  # who signed, by stock OpenSSH
    at = datetime.datetime.fromisoformat(at[:-1] + "+00:00").astimezone().strftime("%Y%m%d%H%M%S")
    carried = plan.get("allowedSigners") or "".join(f"{p} {k}\n" for p in people for k in people[p].get("keys", []))
    with tempfile.NamedTemporaryFile("w") as keys, tempfile.NamedTemporaryFile("w") as sig:
        keys.write(carried if trusted is None else trusted), keys.flush(), sig.write(i["signature"]), sig.flush()
        ssh = f"ssh-keygen -Y verify -n drp-approval@v1 -O verify-time={at} -s".split() + [sig.name, "-f", keys.name, "-I"]
        told = dict(input=i["signed"], encoding="utf-8", capture_output=True)
        said = "".join(subprocess.run([*ssh, name], **told).stdout for name in {person, people[person].get("contact", person)})
    need("Good" in said and i["fingerprint"] in said, f"the signature of {person} does not hold")
def meaning(e, d):
    need((e["type"] == "run.began") == (e["seq"] == 1), "a run begins with its first event and only there")
    if e["seq"] == 1:
        plan.update(d["plan"]), people.update(plan["world"]["people"])
        digest = sha(spell({k: plan[k] for k in plan if k != "digest"}))
        need((d["format"], d["planDigest"], plan["digest"]) == (1, digest, digest), "another plan, or another format than 1")
    if e["type"] == "gate.opened":
        s = opened[d["gate"]] = d["statement"]
        bound = [{f: x.get(f) for f in ("id", "severity", "choice")} for x in s["evidence"]]
        place = (s["run"], s["gate"], s["planDigest"], hashes[:-1][max(s["head"]["seq"], 0)], s["evidenceDigest"], d["digest"])
        told = (e["run"], d["gate"], plan["digest"], s["head"]["hash"], sha(spell(bound)), sha(spell(s)))
        need(place == told and s["head"]["seq"] > 0, "the statement does not fit run, plan, record or its digests")
    if e["type"] == "gate.decided": need(sha(spell(opened[d["gate"]])) == d["statementDigest"], "another statement")
    if "signature" in d.get("identity", {}) and e["type"] != "note.added": signature(d["person"], d["identity"], e["at"])
    if policy: policy.check(e, d)
def attempt(seq, checks):
    try: return checks() or True
    except Exception as wrong: problems.append((seq, str(wrong) if type(wrong) is ValueError else repr(wrong)))
def chain(seq, line):
    text, digest = re.fullmatch(r'\{"event":(\{.*\}),"hash":"([0-9a-f]{64})"\}', line).groups()
    place = ("".join(event := parse(text)), sha(text), event["run"], event["seq"], event["prev"])
    follows = re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}Z", event["at"]) and ("atbydataprevrunseqtype", digest, run, seq, hashes[-1])
    need(place == follows, "it was changed, or does not follow")
    hashes.append(digest), attempt(seq, lambda: meaning(event, event["data"]))
def frame():
    told = {"head": {"hash": hashes[-1], "seq": len(hashes) - 1}, "sha256": sha("\n".join(lines[:-2]) + "\n")}
    need(["".join(parse(lines[0])), parse(lines[-2]), lines[-1]] == ["exportedAtformatrunversion", told, ""], "it was cut, or changed")
def anchor(text):
    said = re.fullmatch(r"\s*(\S+) (\d{1,9}):([0-9a-f]{12,64})\s*", text) or need(False, f"anchor '{text}' is not RUN SEQ:HEAD12")
    held = said[1] == run and 0 < int(said[2]) < len(hashes) and hashes[int(said[2])].startswith(said[3])
    need(held, f"anchor '{text}' does not hold: cut off, or rewritten")
if {"-h", "--help"} & set(sys.argv[1:2]): sys.exit(print(__doc__))
try: sys.dont_write_bytecode = True; from verify_policy import policy
except ImportError: policy = None
try:
    lines = open(sys.argv[1], encoding="utf-8", errors="replace", newline="\n").read().split("\n")
    trusted = open(sys.argv[2]).read() if sys.argv[2:] and sys.argv[2] != "-" else None
except (IndexError, OSError, UnicodeError) as unreadable: sys.exit(print(__doc__, unreadable, sep="\n\n", file=sys.stderr) or 2)
run, count = (re.findall(r'"run":"([^"]*)"', lines[0]) or "?")[0], sum('"event":' in line or '"prev":' in line for line in lines)
all(attempt(seq, lambda: chain(seq, line)) for seq, line in enumerate(lines[1:], 1) if line.startswith('{"event":'))
attempt(0, frame), [attempt(0, lambda: anchor(text)) for text in sys.argv[3:]]
good = min([seq - 1 for seq, _ in problems if seq] + [len(hashes) - 1])
keys = "as the run carried them" if trusted is None else sys.argv[2]
said = [f"run {run}: good up to event {good} of {count}, keys {keys}{'' if policy else ', people not looked at'}"]
said += [f"{f'event {seq}' if seq else 'file'}: {what}" for seq, what in sorted(problems)]
sys.exit(print(*(ascii(line)[1:-1] for line in said), sep="\n  ") or (5 if problems else 0))
