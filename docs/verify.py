"""python3 verify.py EXPORT [SIGNERS|-] ['RUN SEQ:HEAD' ...]: was this run changed? By journal-format.md, without drp."""
import hashlib, json, re, subprocess, sys, tempfile
plan, people, opened, hashes, problems = {}, {}, {}, ["0" * 64], []
def sha(text): return hashlib.sha256(text.encode()).hexdigest()
def need(holds, message):
    if not holds: raise ValueError(message)
def spell(v):  # RFC 8785 for text, truth, whole numbers, lists and maps
    need(not isinstance(v, float) and (type(v) is not int or abs(v) < 2**53), "a number is not whole")
    if isinstance(v, list): return "[" + ",".join(map(spell, v)) + "]"
    if not isinstance(v, dict): return json.dumps(v, ensure_ascii=False)
    return "{" + ",".join(spell(k) + ":" + spell(v[k]) for k in sorted(v, key=lambda k: k.encode("utf-16-be"))) + "}"
def parse(text):
    return v if isinstance(v := json.loads(text), dict) and spell(v) == text else need(False, "it is not canonical")
def signature(person, i, at):  # held against the keys by stock OpenSSH
    carried = plan.get("allowedSigners") or "".join(f"{p} {k}\n" for p in people for k in people[p].get("keys", []))
    with tempfile.NamedTemporaryFile("w") as keys, tempfile.NamedTemporaryFile("w") as sig:
        keys.write(open(trusted).read() if trusted else carried), keys.flush(), sig.write(i["signature"]), sig.flush()
        ssh = f"ssh-keygen -Y verify -n drp-approval@v1 -f {keys.name} -s {sig.name} -O verify-time={at} -I".split()
        ask = lambda name: subprocess.run([*ssh, name], input=i["signed"], encoding="utf-8", capture_output=True).stdout
        said = ask(person) + ask(people[person].get("contact", person))
    need("Good" in said and i["fingerprint"] in said, f"the signature of {person} does not hold")
def answer(e, d, i):  # that it is what was signed, and by whom
    if "signature" not in i: return need(i["strength"] in ("os-user", "attested"), "it claims a key, unsigned")
    signature(d["person"], i, re.sub(r"[-:T]|\.\d+", "", e["at"]))
    s, reason = parse(re.sub(r"\r?\n$", "", i["signed"])), d.get("reason", d.get("text"))
    told = {f: opened[d["gate"]].get(f) or d[f] for f in s if f != "format"} if "gate" in s else {}
    told |= {"run": e["run"], "person": d["person"], "reason": reason}
    need(s | told == s and len(s) == (14 if "gate" in s else 10), "another text was signed")
def meaning(e, d):
    need((e["type"] == "run.began") == (e["seq"] == 1), "a run begins with its first event and only there")
    if e["seq"] == 1:
        plan.update(d["plan"]), people.update(plan["world"]["people"])
        need(d["planDigest"] == plan["digest"] == sha(spell({k: plan[k] for k in plan if k != "digest"})), "another plan")
    if e["type"] == "gate.opened":
        s = opened[d["gate"]] = d["statement"]
        bound = [{f: x.get(f) for f in ("id", "severity", "choice")} for x in s["evidence"]]
        place = (s["run"], s["gate"], s["planDigest"], hashes[:-1][s["head"]["seq"]], s["evidenceDigest"], d["digest"])
        need(place == (e["run"], d["gate"], plan["digest"], s["head"]["hash"], sha(spell(bound)), sha(spell(s))), "statement")
    if e["type"] == "gate.decided": need(sha(spell(opened[d["gate"]])) == d["statementDigest"], "another statement")
    if "identity" in d and e["type"] not in ("note.added", "gate.renewed"): answer(e, d, d["identity"])
def attempt(seq, checks):
    try: return checks() or True
    except Exception as wrong: problems.append((seq, f"{type(wrong).__name__}: {wrong}"))
def chain(seq, line):
    text, digest = re.fullmatch(r'\{"event":(\{.*\}),"hash":"([0-9a-f]{64})"\}', line).groups()
    place = ("".join(event := parse(text)), sha(text), event["run"], event["seq"], event["prev"])
    need(place == ("atbydataprevrunseqtype", digest, run, seq, hashes[-1]), "it was changed, or does not follow")
    hashes.append(digest), attempt(seq, lambda: meaning(event, event["data"]))
def frame():
    told = {"head": {"hash": hashes[-1], "seq": len(hashes) - 1}, "sha256": sha("\n".join(lines[:-2]) + "\n")}
    need(["".join(parse(lines[0])), parse(lines[-2]), lines[-1]] == ["exportedAtformatrunversion", told, ""], "it was cut")
lines = open(sys.argv[1], encoding="utf-8", errors="replace", newline="\n").read().split("\n")
trusted, run = "".join(sys.argv[2:3]).removeprefix("-"), (re.findall(r'"run":"([^"]*)"', lines[0]) or "?")[0]
all(attempt(seq, lambda: chain(seq, line)) for seq, line in enumerate(lines[1:], 1) if line.startswith('{"event":'))
attempt(0, frame)
for of, at, head in (re.split("[ :]", text) for text in sys.argv[3:]):
    attempt(0, lambda: need(of == run and hashes[int(at)].startswith(head), f"anchor {at}:{head} does not hold"))
good = min([seq - 1 for seq, _ in problems if seq] + [len(hashes) - 1])
said = f"run {run}: good up to event {good} of {len(hashes) - 1}, keys {trusted or 'as the run carried them'}"
sys.exit(print(said, *problems, sep="\n  ") or (5 if problems else 0))
