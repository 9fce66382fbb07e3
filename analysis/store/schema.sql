-- sentinel.db, schema version 1. Times are REAL seconds since the epoch unless named _minute or _hour
-- (those are INTEGER counts of minutes or hours since the epoch). Writers: sensors and the periodic
-- process, through writer.py. Tables at the end under "decisions" are written only by notes.py.

PRAGMA application_id = 1399156340;   -- "Sent": says that a file is ours
PRAGMA user_version = 7;              -- grows with each step in migrations.py

CREATE TABLE sensors (              -- one row an interface; the honesty line of the dashboard
    name TEXT PRIMARY KEY,          -- the interface, or "replay"
    label TEXT, pid INTEGER, linktype INTEGER,
    state TEXT NOT NULL,            -- starting, running, "link down", missing, "no rights", stopped, failed
    message TEXT,
    started REAL, heartbeat REAL,   -- wall time
    last_packet REAL,               -- packet time
    packets INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,   -- of this run
    dropped INTEGER NOT NULL DEFAULT 0,       -- by the kernel, exact
    shed INTEGER NOT NULL DEFAULT 0,          -- rows given up under overload
    evicted INTEGER NOT NULL DEFAULT 0,       -- entries pushed out of full tables
    counters TEXT NOT NULL DEFAULT '{}'       -- JSON: undecoded by reason, parser errors, detector failures, ...
);
CREATE TABLE sensor_minute (        -- packets, losses and gaps over time
    sensor TEXT NOT NULL, minute INTEGER NOT NULL,
    packets INTEGER NOT NULL, bytes INTEGER NOT NULL, dropped INTEGER NOT NULL, undecoded INTEGER NOT NULL,
    PRIMARY KEY (sensor, minute)
) WITHOUT ROWID;
CREATE TABLE health (               -- standing findings about Sentinel itself (lists missing, disk full, gap...)
    component TEXT NOT NULL, subject TEXT NOT NULL,
    level TEXT NOT NULL,            -- ok, note, alarm
    message TEXT NOT NULL, fix TEXT, since REAL NOT NULL, updated REAL NOT NULL,
    PRIMARY KEY (component, subject)
) WITHOUT ROWID;

CREATE TABLE devices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given twice: sensors remember it
    network TEXT NOT NULL,          -- the interface's name in config.yaml (one MAC in two subnets is two devices)
    mac TEXT NOT NULL,
    vendor TEXT, randomised INTEGER NOT NULL DEFAULT 0,
    name TEXT, name_source TEXT,    -- the best name from the wire
    vendor_class TEXT, dhcp_parameters TEXT,
    kind TEXT, os TEXT,
    router INTEGER NOT NULL DEFAULT 0,   -- forwards other hosts' packets: not shown as a device
    ip TEXT,                        -- the latest IPv4 address, else the latest IPv6
    first_seen REAL NOT NULL, last_seen REAL NOT NULL,
    maker TEXT, model TEXT,         -- of the device, which the card's vendor need not be
    confidence REAL, os_confidence REAL,   -- 0 to 1: how sure kind and os are
    UNIQUE (network, mac)
);
CREATE TABLE device_addresses (
    device INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    ip TEXT NOT NULL, first_seen REAL NOT NULL, last_seen REAL NOT NULL,
    PRIMARY KEY (device, ip)
) WITHOUT ROWID;
CREATE INDEX device_addresses_ip ON device_addresses(ip);
CREATE TABLE device_names (
    device INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    source TEXT NOT NULL, name TEXT NOT NULL, first_seen REAL NOT NULL, last_seen REAL NOT NULL,
    PRIMARY KEY (device, source, name)
) WITHOUT ROWID;

CREATE TABLE device_evidence (      -- why we think that it is what it is; also its habits, which say nothing
    device INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    source TEXT NOT NULL,           -- as in identity.py: dhcp-class, mdns-service, user-agent, ja4...
    clue TEXT NOT NULL,             -- what was seen
    says TEXT NOT NULL,             -- "kind=phone", "os=Android 14", or empty
    weight REAL NOT NULL,           -- 0 to 1
    first_seen REAL NOT NULL, last_seen REAL NOT NULL,
    PRIMARY KEY (device, source, clue, says)
) WITHOUT ROWID;
CREATE TABLE merge_proposals (      -- two MACs that seem to be one device; written by the periodic process
    a INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE,   -- a < b
    b INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    score REAL NOT NULL,            -- 0 to 1
    evidence TEXT NOT NULL,         -- JSON array of sentences
    made REAL NOT NULL,
    PRIMARY KEY (a, b)
) WITHOUT ROWID;

CREATE TABLE flows (                -- a conversation each; long ones are updated while they last
    id INTEGER PRIMARY KEY,         -- order of first writing
    sensor TEXT NOT NULL, flow INTEGER NOT NULL,      -- the sensor's own number (run << 32 | serial)
    device INTEGER,                 -- the home side that the flow belongs to
    client_ip TEXT NOT NULL, server_ip TEXT NOT NULL,
    client_port INTEGER NOT NULL, port INTEGER NOT NULL, proto TEXT NOT NULL,
    peer TEXT,                      -- name of the other side: SNI, else DNS, else NULL
    service TEXT,                   -- what the content is, where a parser knows
    state TEXT NOT NULL,            -- as in events.FlowEnd, or "open"
    first_seen REAL NOT NULL, last_seen REAL NOT NULL,
    packets_up INTEGER NOT NULL, packets_down INTEGER NOT NULL,
    bytes_up INTEGER NOT NULL, bytes_down INTEGER NOT NULL,
    UNIQUE (sensor, flow)
);
CREATE INDEX flows_device ON flows(device, id);
CREATE INDEX flows_time ON flows(last_seen);

CREATE TABLE dns (                  -- a query each, with its answer
    id INTEGER PRIMARY KEY, ts REAL NOT NULL, sensor TEXT NOT NULL, device INTEGER,
    transport TEXT NOT NULL,        -- udp, tcp, mdns, llmnr
    client_ip TEXT NOT NULL, client_mac TEXT, server_ip TEXT NOT NULL,   -- NULL: the device's own
    name TEXT NOT NULL, qtype TEXT NOT NULL, rcode TEXT,
    answers TEXT,                   -- JSON array of values
    blocked_by TEXT,                -- the list that holds the name
    elapsed REAL                    -- seconds from query to answer
);
CREATE INDEX dns_device ON dns(device, id);
CREATE INDEX dns_time ON dns(ts);
CREATE INDEX dns_blocked ON dns(id) WHERE blocked_by IS NOT NULL;
CREATE TABLE tls (
    id INTEGER PRIMARY KEY, ts REAL NOT NULL, device INTEGER,
    client_ip TEXT NOT NULL, server_ip TEXT NOT NULL, port INTEGER NOT NULL,
    sni TEXT, version TEXT, alpn TEXT, ja4 TEXT, ech INTEGER NOT NULL DEFAULT 0, quic INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX tls_device ON tls(device, id);
CREATE INDEX tls_time ON tls(ts);
CREATE TABLE http (
    id INTEGER PRIMARY KEY, ts REAL NOT NULL, device INTEGER,
    client_ip TEXT NOT NULL, server_ip TEXT NOT NULL, port INTEGER NOT NULL,
    method TEXT NOT NULL, host TEXT, path TEXT NOT NULL, user_agent TEXT
);
CREATE INDEX http_device ON http(device, id);
CREATE INDEX http_time ON http(ts);

CREATE TABLE packets (              -- the packet log: a ring of the newest rows, sampled when traffic is faster than it
    id INTEGER PRIMARY KEY, ts REAL NOT NULL, sensor TEXT NOT NULL,
    src TEXT NOT NULL, dst TEXT NOT NULL, sport INTEGER NOT NULL, dport INTEGER NOT NULL,
    proto TEXT NOT NULL, length INTEGER NOT NULL,
    sample INTEGER NOT NULL         -- 1 in so many packets was logged when this one was
);

CREATE TABLE alerts (               -- incidents
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,       -- stable over replays: hash of key and first_seen
    key TEXT NOT NULL,
    rule TEXT NOT NULL, severity INTEGER NOT NULL,    -- 0 NORMAL, 1 HIGH, 2 CRITICAL
    sensor TEXT NOT NULL, device INTEGER,
    device_mac TEXT, device_ip TEXT, device_name TEXT,
    peer_ip TEXT, peer_name TEXT, port INTEGER, proto TEXT,
    count INTEGER NOT NULL, first_seen REAL NOT NULL, last_seen REAL NOT NULL,
    title TEXT NOT NULL, why TEXT NOT NULL, evidence TEXT NOT NULL, advice TEXT NOT NULL,
    change INTEGER NOT NULL         -- grows with every insert or update of any alert: the live pages' cursor
);
CREATE INDEX alerts_key ON alerts(key, last_seen);
CREATE INDEX alerts_severity ON alerts(severity, last_seen);
CREATE INDEX alerts_device ON alerts(device, last_seen);
CREATE INDEX alerts_rule ON alerts(rule, last_seen);
CREATE INDEX alerts_last ON alerts(last_seen);
CREATE UNIQUE INDEX alerts_change ON alerts(change);
CREATE INDEX alerts_serious ON alerts(   -- covers what the first screen, the map and the list of devices ask
    severity, change, rule, device, device_mac, device_ip, peer_ip, peer_name, port, uid, count, first_seen,
    last_seen
) WHERE severity > 0;

CREATE INDEX alerts_connection ON alerts(peer_ip, port, last_seen) WHERE port IS NOT NULL;
CREATE TABLE told_within (          -- incidents about a connection of which a graver one tells: store/told_within.py
    uid TEXT PRIMARY KEY, head TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX told_within_head ON told_within(head);
CREATE TRIGGER alerts_gone AFTER DELETE ON alerts BEGIN
    DELETE FROM told_within WHERE uid = OLD.uid;
END;

CREATE TABLE baseline (             -- what is usual for a device
    device INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    peer TEXT NOT NULL,             -- destination IP
    port INTEGER NOT NULL, proto TEXT NOT NULL,
    service TEXT,                   -- registrable domain, where DNS or SNI told it
    learned INTEGER NOT NULL,       -- 1: while learning, 0: was reported as new
    first_seen REAL NOT NULL, last_seen REAL NOT NULL,
    PRIMARY KEY (device, peer, port, proto)
) WITHOUT ROWID;

-- roll-ups: every repeated question of the dashboard is answered from these
CREATE TABLE traffic_minute (       -- bytes a device and minute
    device INTEGER NOT NULL, minute INTEGER NOT NULL,
    bytes_up INTEGER NOT NULL, bytes_down INTEGER NOT NULL, packets INTEGER NOT NULL,
    PRIMARY KEY (minute, device)
) WITHOUT ROWID;
CREATE TABLE traffic_hour (
    device INTEGER NOT NULL, hour INTEGER NOT NULL,
    bytes_up INTEGER NOT NULL, bytes_down INTEGER NOT NULL, packets INTEGER NOT NULL,
    PRIMARY KEY (device, hour)
) WITHOUT ROWID;
CREATE INDEX traffic_hour_time ON traffic_hour(hour);
CREATE TABLE edge_hour (            -- who talked to whom
    hour INTEGER NOT NULL, device INTEGER NOT NULL,
    peer TEXT NOT NULL,             -- registrable domain, else address; "device:<id>" for another home device
    port INTEGER NOT NULL, proto TEXT NOT NULL,
    flows INTEGER NOT NULL, bytes_up INTEGER NOT NULL, bytes_down INTEGER NOT NULL,
    PRIMARY KEY (hour, device, peer, port, proto)
) WITHOUT ROWID;
CREATE TABLE edge_day (
    day INTEGER NOT NULL, device INTEGER NOT NULL, peer TEXT NOT NULL, port INTEGER NOT NULL, proto TEXT NOT NULL,
    flows INTEGER NOT NULL, bytes_up INTEGER NOT NULL, bytes_down INTEGER NOT NULL,
    PRIMARY KEY (day, device, peer, port, proto)
) WITHOUT ROWID;
CREATE TABLE outside_hour (         -- what left the home, as the rules counted it
    hour INTEGER NOT NULL, device INTEGER NOT NULL,
    bytes_up INTEGER NOT NULL,
    places INTEGER NOT NULL,        -- different ones, resolvers and clocks left out
    PRIMARY KEY (hour, device)
) WITHOUT ROWID;
CREATE TABLE dns_hour (
    hour INTEGER NOT NULL, device INTEGER NOT NULL, queries INTEGER NOT NULL, blocked INTEGER NOT NULL,
    failed INTEGER NOT NULL,        -- rcode other than NOERROR
    PRIMARY KEY (hour, device)
) WITHOUT ROWID;
CREATE TABLE alert_hour (           -- new incidents by hour, rule and severity
    hour INTEGER NOT NULL, rule TEXT NOT NULL, severity INTEGER NOT NULL, incidents INTEGER NOT NULL,
    PRIMARY KEY (hour, rule, severity)
) WITHOUT ROWID;

-- decisions: what a person said; never deleted by retention
CREATE TABLE device_notes (
    network TEXT NOT NULL, mac TEXT NOT NULL,
    name TEXT, trust TEXT NOT NULL DEFAULT 'unknown',  -- unknown, trusted, guest, iot
    note TEXT, changed REAL NOT NULL,
    kind TEXT,                      -- one of kinds.py; NULL: what the evidence says
    PRIMARY KEY (network, mac)
) WITHOUT ROWID;
CREATE TABLE device_links (         -- whether two MACs are one device; the smaller pair stands first
    network TEXT NOT NULL, mac TEXT NOT NULL, other_network TEXT NOT NULL, other_mac TEXT NOT NULL,
    same INTEGER NOT NULL, changed REAL NOT NULL,
    PRIMARY KEY (network, mac, other_network, other_mac)
) WITHOUT ROWID;
CREATE TABLE alert_notes (
    uid TEXT PRIMARY KEY, state TEXT NOT NULL DEFAULT 'open',  -- open, acknowledged, expected
    note TEXT, changed REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE baseline_resets (
    id INTEGER PRIMARY KEY, device INTEGER NOT NULL, asked REAL NOT NULL
);
CREATE TABLE expectations (         -- incidents that need nobody; matched when read: sensors record them all the same
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rule TEXT NOT NULL,
    device INTEGER, peer TEXT, port INTEGER,   -- NULL: any. A peer is its name where there is one, else its address
    made REAL NOT NULL, expires REAL,          -- wall time; NULL: for ever. Covers what was last seen before
    note TEXT
);
CREATE INDEX expectations_rule ON expectations(rule);
CREATE TABLE forgotten (            -- devices deleted by a person: writers drop the row ids that they remember
    id INTEGER PRIMARY KEY AUTOINCREMENT, device INTEGER NOT NULL, asked REAL NOT NULL
);
