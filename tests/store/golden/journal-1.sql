PRAGMA application_id = 1229865813;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    happened INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    source TEXT NOT NULL,
    subject TEXT NOT NULL,
    moment TEXT NOT NULL,
    incident TEXT,
    monotonic INTEGER NOT NULL,
    boot TEXT NOT NULL,
    data TEXT NOT NULL,
    data_sha256 TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL,
    high INTEGER NOT NULL -- newest `happened` of all events up to this one: bounds a walk that stops at a sequence
) STRICT;
INSERT INTO "events" VALUES(1,'019b7ca5-d368-73aa-8a11-5c71df9e07eb','check.changed',1767322800000,1767322801000,'check:api','api','key',NULL,6000,'7f3c1b0a-0000-4000-8000-000000000001','{"check":"api","evidence":"ece48a4c85356a99433765ae92bd6cda102672c2bb9b0acb630d5d1cb65938a5","latency_ms":null,"layer":"user","looks":0,"needed":0,"now":"failing","service":"api","since":null,"status":null,"was":"ok","was_ms":null,"was_why":"","why":"503"}','6c0f2878437ea876f1cd70593eb4308698a88bdfe26ac6b56b0dd702b5a40dc1','','c2e9c98171ee851a9bfae60ed9ed8714b018e379ea817b499628cfb57ee2e381',1767322800000);
INSERT INTO "events" VALUES(2,'019b7ca5-d750-798e-a6c1-10de1d10512a','incident.opened',1767322802000,1767322802000,'responder:ana','opened','key','INC-1',7000,'7f3c1b0a-0000-4000-8000-000000000001','{"adopted":1,"by":"ana","first_red":1767322800000,"id":"INC-1","services":["api"],"severity":"SEV1","title":"API answers 503","window_from":1767322800000}','206d365a470c3d83bb0558c589a74f2c23b06078ef51d27c5ce1ee84dc253ec1','c2e9c98171ee851a9bfae60ed9ed8714b018e379ea817b499628cfb57ee2e381','ee1e559b24a76e2aa2028d3e58e500c3f533f804cde22a057b7c9d70e871e88c',1767322802000);
INSERT INTO "events" VALUES(3,'019b7ca5-db38-7d30-8381-90aa28a102e9','note.added',1767322801500,1767322803000,'responder:ana','ana','key','INC-1',8000,'7f3c1b0a-0000-4000-8000-000000000001','{"by":"ana","key":false,"text":"the deploy was at noon"}','b2586a931b3850eff898b0bacadd9b4fb28850cc23029ec497613c6455ba9e22','ee1e559b24a76e2aa2028d3e58e500c3f533f804cde22a057b7c9d70e871e88c','4d9596d7f979547b5e187e8737e5f3cfe1cb4b7a9c482d2add6d59eebdb96464',1767322802000);
INSERT INTO "events" VALUES(4,'019b7ca5-df20-7f74-aec5-d4b1094b48da','incident.closed',1767322804000,1767322804000,'responder:ana','closed','key','INC-1',9000,'7f3c1b0a-0000-4000-8000-000000000001','{"by":"ana","reason":"it was a drill","resolved":false}','0dffd2fe398a15ffd9a8b17286e40fa70f9e5b1d83b4bdc7aafe3213424db7be','4d9596d7f979547b5e187e8737e5f3cfe1cb4b7a9c482d2add6d59eebdb96464','e461b2cd2d0fc6131acd53537c3bf2fbbd506eec4a1531d354b0a40ab8a93a93',1767322804000);
CREATE TABLE evidence (sha256 TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL) STRICT;
INSERT INTO "evidence" VALUES('ece48a4c85356a99433765ae92bd6cda102672c2bb9b0acb630d5d1cb65938a5','check','{"status": 503}');
CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    opened_seq INTEGER NOT NULL,
    closed_seq INTEGER
) STRICT;
INSERT INTO "incidents" VALUES('INC-1',2,4);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "meta" VALUES('project','leads');
CREATE TABLE samples (
    n INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    latency_ms INTEGER,
    status INTEGER,
    why TEXT NOT NULL
) STRICT;
INSERT INTO "samples" VALUES(1,'api',1767322800000,'failing',12,503,'503');
CREATE TABLE snapshots (seq INTEGER PRIMARY KEY, program TEXT NOT NULL, state TEXT NOT NULL) STRICT;
INSERT INTO "snapshots" VALUES(2,'0.1.0','{"seq":2,"at":0,"project":{"name":"","environment":"","branch":null,"remote":null,"services":[],"checks":[],"size_limit":100,"deploy_within_ms":60000,"good_after_ms":60000},"watching_since":null,"services":{},"checks":{},"sources":{},"workloads":{},"engines":[],"repository":null,"deploys":[],"good":null,"suspect":null,"incidents":{},"incident_count":0,"attempts":{},"acting":null,"runbook":null,"events":0,"moments":0}');
CREATE TABLE timeline (
    happened INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    moment TEXT NOT NULL,
    incident TEXT,
    marked INTEGER, -- sequence of the event by which a responder made it a key moment
    PRIMARY KEY (happened, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO "timeline" VALUES(1767322800000,1,'key',NULL,NULL);
INSERT INTO "timeline" VALUES(1767322801500,3,'key','INC-1',NULL);
INSERT INTO "timeline" VALUES(1767322802000,2,'key','INC-1',NULL);
INSERT INTO "timeline" VALUES(1767322804000,4,'key','INC-1',NULL);
CREATE INDEX events_of_incident ON events (incident, seq) WHERE incident IS NOT NULL;
CREATE INDEX timeline_key ON timeline (happened, seq) WHERE moment = 'key' OR marked IS NOT NULL;
CREATE INDEX samples_at ON samples (at);
COMMIT;
