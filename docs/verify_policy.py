"""Read by verify.py: did people sign what the record says, and might they? By journal-format.md, "Who may decide": roles,
quorum, not the starter, strength, expiry, nonces. Whether each event follows by the run's machine, drp audit verify tells."""
import base64, datetime, json, re
STRENGTHS = ["os-user", "ssh-key", "hardware-key", "hardware-key-pin"]
DECIDERS, RESTORING = {"operator", "authoriser"}, ("copy", "database")
WORDS = {"gate.renewed": ("decide", "renew", "gate"), "run.aborting": ("abort", "", ""), "run.adopted": ("decide", "adopt", ""),
         "watch.handed": ("decide", "handover", "to"), "obligation.settled": ("decide", "settle", "id"),
         "lesson.added": ("decide", "lesson", "id"), "lesson.closed": ("decide", "close-lesson", "id")}
def need(holds, message):
    if not holds: raise ValueError(message)
def later(at, seconds):  # instants as text can be compared
    then = datetime.datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ") + datetime.timedelta(seconds=seconds)
    return then.isoformat(timespec="milliseconds") + "Z"
def proof(i):  # what its signature shows; a hardware key has a type sk-… and flags: 1 says it was touched, 4 that it took a PIN
    if "signature" not in i: return "attested" if "attested" in i else "os-user"
    blob = base64.b64decode("".join(i["signature"].strip().split("\n")[1:-1]))
    if blob[18:21] != b"sk-" or not blob[-5] & 1: return "ssh-key"
    return "hardware-key-pin" if blob[-5] & 4 else "hardware-key"
def same(one, other):  # one person, or nothing that tells two apart
    mine, its = one["identity"], other["identity"]
    told = "fingerprint" if "fingerprint" in mine else "osUser"
    return one["person"] == other["person"] or told in mine and mine[told] == its.get(told)
def voice(d): return d["identity"].get("attested", {}).get("by", d["person"])
class Policy:
    def __init__(self): self.shown, self.answers, self.reviews, self.nonces, self.words, self.driver = {}, {}, {}, set(), set(), None
    def check(self, e, d):
        if e["type"] == "run.began": self.began, self.plan, self.people = d, d["plan"], d["plan"]["world"]["people"]
        if e["type"] == "driver.attached": self.driver = d["driver"]["osUser"]
        if e["type"] == "gate.opened": self.opened(d["gate"], d["statement"])
        if self.began["mode"] == "dry-run" or "identity" not in d or e["type"] == "note.added": return
        if e["type"] == "obligation.settled" and d["person"] == "drp": return  # a step that ended well
        self.signed(e, d, d["identity"])
        roles = {*self.speaker(d, d["identity"])["roles"]}
        self.answered(e, d, d["identity"], roles) if e["type"] == "gate.decided" else self.decided(e, d, d["identity"], roles)
    def opened(self, gate, s):
        planned = self.plan["gates"][gate]
        has = {f: planned[f] for f in ("roles", "approvals", "notTheStarter", "strength")}
        has |= {f: True for f in ("attested", "breakGlass") if planned.get(f) is True}
        need(json.dumps(s["policy"], sort_keys=True) == json.dumps(has, sort_keys=True), "another policy than in the plan")
        need(s["nonce"] not in self.nonces, "its nonce was used before")
        self.nonces.add(s["nonce"]), self.shown.update({gate: s})
    def signed(self, e, d, i):  # that it is what the record says
        if "signature" not in i: return need(i["strength"] in ("os-user", "attested"), "it claims a key, and is not signed")
        line, reason = re.sub(r"\r?\n$", "", i["signed"]), d.get("reason", d.get("text"))
        s, gate = json.loads(line), e["type"] == "gate.decided"
        told = {f: self.shown[d["gate"]].get(f) or d[f] for f in s if f != "format"} if gate else {}
        told |= {"run": e["run"], "person": d["person"], "reason": reason}
        need(json.dumps(s | told, sort_keys=True) == json.dumps(s, sort_keys=True), "another text was signed")
        spelt = json.dumps(s, separators=(",", ":"), ensure_ascii=False, sort_keys=True) == line
        texts = spelt and all(type(s[f]) is str for f in {*s} - {"attempt", "head"})
        need(texts and len(s) == (14 if gate else 10), "what was signed is no text of drp")
        need(s["format"] == ("drp-approval@v1" if gate else "drp-word@v1"), "what was signed is another kind of text")
    def speaker(self, d, i):
        need(proof(i) in (i["strength"], i["strength"] + "-pin"), f"it claims {i['strength']}, its proof is {proof(i)}")
        if i["strength"] == "os-user": need(self.people[d["person"]].get("osUser") == i["osUser"], "the OS user is somebody else")
        if i["strength"] == "attested":
            a, witness = i["attested"], i["attested"]["witness"].strip()
            by = self.people[a["by"]]
            need(by.get("osUser") == a["osUser"] and DECIDERS & {*by["roles"]} and a["number"].strip(), "it is attested by nobody")
            need(witness and len({a["by"], d["person"], witness}) == 3, "one person stands in two places")
        return self.people[d["person"]]
    def answered(self, e, d, i, roles):
        s, policy = self.shown[d["gate"]], self.shown[d["gate"]]["policy"]
        answers = self.answers.setdefault(d["statementDigest"], [])
        others = all(not a["passed"] and a["decision"] != "reject" and a["person"] != d["person"] for a in answers)
        need(others, "it was already decided")
        reason, alone = d["reason"].strip(), d.get("breakGlass", False)
        answers.append(d), self.words.add(s["nonce"])
        self.reviews[f"{e['run']}.review.{d['gate']}.{d['attempt']}.{d['person']}"] = d
        if d["decision"] == "reject": return need(reason and roles & {*policy["roles"], "operator"}, "might not reject")
        heard = later(e["at"], -120) if "signed" in i else d["at"]  # evidence is looked at again before it counts
        red = [x for x in s["evidence"] if x["severity"] == "red"]
        fixed = [x for x in red if x.get("overridable") is False or s["procedure"] == "return"]
        need(heard <= s["expiresAt"] and not fixed and (reason or not red), "expired, or against evidence that is red")
        if alone: need(policy.get("breakGlass") and i["strength"] == "os-user" and reason and roles & DECIDERS, "break-glass")
        else:
            need(roles & {*policy["roles"]}, "is of another role")
            need(not (policy["notTheStarter"] and same(d, self.began["startedBy"])), "started the run")
            if i["strength"] == "attested": need(policy.get("attested"), "the gate takes nothing over the phone")
            else: need(STRENGTHS.index(i["strength"]) >= STRENGTHS.index(policy["strength"]), "the gate needs a stronger identity")
            need(not any(same(d, a) or voice(d) == voice(a) for a in answers[:-1]), "another person is needed")
        need(d["passed"] == (alone or len(answers) >= policy["approvals"]), f"{policy['approvals']} approvals are needed")
    def decided(self, e, d, i, roles):
        need(roles & DECIDERS and d.get("reason", d.get("text", "")).strip(), "might not decide this, or gives no reason")
        verb, decision, field = WORDS.get(e["type"]) or ("decide", d["verb"], "subject")
        subject, evidence = d[field] if field else "", d.get("evidence", "")
        if "owner" in d: evidence = f"owner {d['owner']}, due {d['dueAt'][:10]}"
        if "signed" in i:
            s = json.loads(i["signed"])
            need([s["verb"], s["decision"], s["subject"]] == [verb, decision, subject], "another word was signed")
            need(evidence.startswith(s["evidence"]) and s["nonce"] not in self.words, "other evidence, or taken before")
            need(later(e["at"], -3600) <= s["at"] <= later(e["at"], 3600), "it was signed at another time")
            self.words.add(s["nonce"])
        steps = [x for lanes in self.plan["phases"].values() for lane in lanes for x in lane["steps"] if x["id"] == subject]
        need(decision not in ("approve", "reject"), "a gate is decided by answers alone")
        review = self.reviews.get(subject) if decision == "settle" else None
        need(not review or not same(d, review) and d["person"] != voice(review), "somebody else has to review it")
        need(decision != "skip" or all(x["skippable"] for x in steps), "that step may not be skipped")
        need(decision != "mark-done" or evidence.strip(), "evidence is needed")
        if decision == "mark-done" and any(x["kind"] in RESTORING and x["writes"] for x in steps):
            behind = [p for p in self.people if self.people[p].get("osUser") == self.driver]
            driver = behind[0] if len(behind) == 1 else self.began["startedBy"]["person"]
            need(not same(d, {"person": driver, "identity": {"osUser": self.driver}}), "somebody else than the driver is needed")
        if decision == "adopt" and any(g["strength"] != "os-user" for g in self.plan["gates"].values()):
            need(STRENGTHS.index(i["strength"]) >= 1, "adopting needs a signature")
policy = Policy()
