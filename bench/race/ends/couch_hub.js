// A CouchDB's side of replication: PouchDB behind the HTTP interface of CouchDB, in TLS.
// Called as: node couch_hub.js ADDRESS PORT FOLDER
"use strict";
const fs = require("fs");
const https = require("https");
const path = require("path");
const cache = require("module").createRequire(path.join(process.env.PEER_MODULES, "x.js"));
const express = cache("express");
const PouchDB = cache("pouchdb");
const pouch = cache("express-pouchdb");

const [address, port, folder] = process.argv.slice(2);
const tell = (event, more) =>
  console.log(JSON.stringify({ event, t: Number(process.hrtime.bigint()) / 1e9, ...more }));

const Here = PouchDB.defaults({ prefix: path.join(folder, "hub-") });
const app = express();
app.use("/", pouch(Here, {
  mode: "minimumForPouchDB",
  inMemoryConfig: true,
  logPath: path.join(folder, "hub.log"),
}));

const held = { small: 0, bytes: 0 };
new Here("district").changes({ since: 0, live: true, include_docs: true })
  .on("change", ({ doc }) => {
    if (doc._id.startsWith("fact-")) held.small += 1;
    held.bytes += Number(doc.size || 0);
    tell("held", held);
  });

const server = https.createServer({
  key: fs.readFileSync(path.join(folder, "tls.key")),
  cert: fs.readFileSync(path.join(folder, "tls.pem")),
}, app);
server.requestTimeout = 0; // as CouchDB, which sets no end to a request
server.listen(Number(port), address, () => tell("ready"));
process.stdin.on("end", () => process.exit(0)).resume();
