// Commands that ask leann serve and open what it finds.
'use strict';
const vscode = require('vscode');
const client = require('./client');

function settings() {
  const c = vscode.workspace.getConfiguration('leann');
  return { url: c.get('url'), index: c.get('index'), topK: c.get('topK') };
}

async function open(hit) {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(hit.path));
  const first = Math.min(Math.max((hit.startLine || 1) - 1, 0), document.lineCount - 1);
  const last = Math.min(Math.max((hit.endLine || first + 1) - 1, first), document.lineCount - 1);
  const selection = new vscode.Range(first, 0, last, document.lineAt(last).text.length);
  await vscode.window.showTextDocument(document, { selection });
}

async function choose(title, hits) {
  if (!hits.length) {
    await vscode.window.showInformationMessage(`${title}: nothing found`);
    return;
  }
  const items = hits.map((h) => client.item(h, (path) => vscode.workspace.asRelativePath(path)));
  const chosen = await vscode.window.showQuickPick(items, { title, matchOnDetail: true });
  if (chosen) {
    await open(chosen.hit);
  }
}

// Ask with a way to cancel; what goes wrong is shown, with a way to start the server where none answers.
async function ask(title, question) {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  try {
    const hits = await vscode.window.withProgress(options, (progress, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => stop.abort());
      return question(stop.signal);
    });
    await choose(title, hits);
  } catch (e) {
    if (e.name === 'AbortError') {
      return;
    }
    const start = 'Start leann serve';
    const offers = e.code === 'ECONNREFUSED' ? [start] : [];
    if ((await vscode.window.showErrorMessage(e.message, ...offers)) === start) {
      await serve();
    }
  }
}

async function search() {
  const { url, index, topK } = settings();
  const query = await vscode.window.showInputBox({ prompt: 'What are you looking for?', ignoreFocusOut: true });
  if (query && query.trim()) {
    await ask(query, (signal) => client.search(url, query, { index, topK, signal }));
  }
}

async function related() {
  const { url, index, topK } = settings();
  const editor = vscode.window.activeTextEditor;
  if (editor && editor.document.uri.scheme === 'file') {
    const path = editor.document.uri.fsPath;
    const line = editor.selection.active.line + 1;
    const title = `near ${vscode.workspace.asRelativePath(path)}:${line}`;
    await ask(title, (signal) => client.related(url, path, line, { index, topK, signal }));
  }
}

async function serve() {
  const folder = vscode.workspace.workspaceFolders && vscode.workspace.workspaceFolders[0];
  if (!folder) {
    await vscode.window.showErrorMessage('leann: open a folder first');
    return;
  }
  const port = client.serverUrl(settings().url).port || '80';
  const terminal = vscode.window.createTerminal({ name: 'leann', cwd: folder.uri });
  terminal.show(true);
  terminal.sendText(`leann build && leann serve --watch --port ${port}`);
}

function activate(context) {
  const commands = { 'leann.search': search, 'leann.related': related, 'leann.serve': serve };
  for (const [name, run] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(name, run));
  }
}

module.exports = { activate };
