// The sample extension against a real leann serve, with an editor that is made up of what it calls.
// usage: node vscode_check.js EXTENSION-FOLDER URL FILE LINE
'use strict';
const assert = require('assert');
const http = require('http');
const Module = require('module');
const path = require('path');

const [folder, url, file, line] = process.argv.slice(2);
const manifest = require(path.resolve(folder, 'package.json'));
const client = require(path.resolve(folder, 'client.js'));

// What happened in the editor, and what its user does.
const seen = { opened: [], errors: [], said: [], sent: [], picks: [] };
const user = { question: 'bake bread in the oven', pick: (items) => items[0], button: undefined };
const registered = {};
const config = { url, index: '', topK: 3 };
const vscode = {
  ProgressLocation: { Notification: 15 },
  Range: class { constructor(a, b, c, d) { Object.assign(this, { a, b, c, d }); } },
  Uri: { file: (p) => ({ scheme: 'file', fsPath: p }) },
  commands: { registerCommand: (name, run) => { registered[name] = run; return { dispose() {} }; } },
  workspace: {
    workspaceFolders: [{ uri: { fsPath: path.dirname(file) } }],
    getConfiguration: () => ({ get: (k) => config[k] }),
    asRelativePath: (p) => path.basename(p),
    openTextDocument: async (uri) => {
      const lines = require('fs').readFileSync(uri.fsPath, 'utf8').split('\n');
      return { uri, lineCount: lines.length, lineAt: (i) => ({ text: lines[i] }) };
    },
  },
  window: {
    activeTextEditor: { document: { uri: { scheme: 'file', fsPath: file } }, selection: { active: { line: Number(line) - 1 } } },
    createTerminal: () => ({ show() {}, sendText: (t) => seen.sent.push(t) }),
    showInputBox: async () => user.question,
    showInformationMessage: async (m) => { seen.said.push(m); },
    showErrorMessage: async (m, ...offers) => { seen.errors.push(m); return offers.find((o) => o === user.button); },
    showQuickPick: async (items) => { seen.picks.push(items); return user.pick(items); },
    showTextDocument: async (d, o) => { seen.opened.push([d.uri.fsPath, o.selection]); },
    withProgress: (o, run) => run({}, { onCancellationRequested: (f) => { user.cancel = f; } }),
  },
};
const load = Module._load;
Module._load = (name, ...rest) => (name === 'vscode' ? vscode : load(name, ...rest));
require(path.resolve(folder, 'extension.js')).activate({ subscriptions: [] });

function fake(answer) {
  return new Promise((resolve) => {
    const s = http.createServer(answer).listen(0, '127.0.0.1', () => resolve([s, `http://127.0.0.1:${s.address().port}`]));
  });
}

async function main() {
  const names = manifest.contributes.commands.map((c) => c.command).sort();
  assert.deepStrictEqual(Object.keys(registered).sort(), names, 'commands are those of package.json');
  assert.deepStrictEqual(Object.keys(manifest.contributes.configuration.properties).map((k) => k.slice(6)).sort(), Object.keys(config).sort());

  await registered['leann.search']();
  assert.deepStrictEqual(seen.errors, []);
  assert.strictEqual(path.basename(seen.opened[0][0]), 'bread.md', 'the best hit is opened');
  assert(seen.opened[0][1].d >= 0 && seen.opened[0][1].c >= seen.opened[0][1].a, 'its lines are selected');
  assert(seen.picks[0].length <= 3 && /bread\.md:\d+-\d+/.test(seen.picks[0][0].label), seen.picks[0][0].label);
  await registered['leann.related']();
  assert.strictEqual(seen.picks.length, 2, 'what is near is listed');
  assert(seen.picks[1].every((i) => i.hit.path));
  user.pick = () => undefined;
  await registered['leann.search']();
  assert.strictEqual(seen.opened.length, 2, 'nothing is opened where nothing is chosen');
  user.question = '  ';
  await registered['leann.search']();
  assert.strictEqual(seen.picks.length, 3, 'an empty question asks nobody');

  user.question = 'bread';
  config.index = 'no such index';
  await registered['leann.search']();
  assert(/no such index/.test(seen.errors.pop()), 'the server says what is wrong');
  config.index = '';
  config.url = 'http://example.org';
  await registered['leann.search']();
  assert(/on this machine/.test(seen.errors.pop()), 'no other machine is asked');
  config.url = 'http://127.0.0.1:9';
  user.button = 'Start leann serve';
  await registered['leann.search']();
  assert(/ECONNREFUSED/.test(seen.errors.pop()));
  assert.deepStrictEqual(seen.sent, ['leann build && leann serve --watch --port 9'], 'a server is offered');

  const [html, htmlUrl] = await fake((q, r) => r.end('<html>'));
  await assert.rejects(client.search(htmlUrl, 'x'), /not JSON/);
  html.close();
  const [slow, slowUrl] = await fake(() => {});
  await assert.rejects(client.search(slowUrl, 'x', { timeoutMs: 50 }), /no answer in 0.05 s/);
  const stop = new AbortController();
  const asked = client.search(slowUrl, 'x', { signal: stop.signal });
  stop.abort();
  await assert.rejects(asked, { name: 'AbortError' });
  slow.closeAllConnections();
  slow.close();
  const [huge, hugeUrl] = await fake((q, r) => { for (let i = 0; i < 9; i++) r.write('x'.repeat(1 << 20)); r.end(); });
  await assert.rejects(client.search(hugeUrl, 'x'), /more than 8388608 bytes/);
  huge.closeAllConnections();
  huge.close();
}

main().then(() => console.log('ok'), (e) => { console.error(e); process.exit(1); });
