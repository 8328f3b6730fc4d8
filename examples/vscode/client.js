// Questions to leann serve over HTTP, apart from the editor: node's own http, no package.
'use strict';
const http = require('http');

const MAX_BYTES = 8 << 20;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

// The address of a server on this machine. Throws where it is none: what is asked stays here.
function serverUrl(text) {
  const url = new URL(text);
  if (url.protocol !== 'http:' || !LOOPBACK.has(url.hostname)) {
    throw new Error(`${text}: want http://127.0.0.1:PORT, a leann serve on this machine`);
  }
  return url;
}

// One request, its answer as JSON. Rejects with the server's own words where it refuses.
function request(base, path, body, { timeoutMs = 30000, signal } = {}) {
  const url = new URL(path, serverUrl(base));
  const data = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = { accept: 'application/json' };
  if (data) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = data.length;
  }
  return new Promise((resolve, reject) => {
    const req = http.request(url, { method: data ? 'POST' : 'GET', headers, signal }, (res) => {
      const parts = [];
      let n = 0;
      res.on('data', (part) => {
        n += part.length;
        if (n > MAX_BYTES) {
          req.destroy(new Error(`${url.origin}: an answer of more than ${MAX_BYTES} bytes`));
        }
        parts.push(part);
      });
      res.on('error', reject);
      res.on('end', () => {
        let answer;
        try {
          answer = JSON.parse(Buffer.concat(parts).toString('utf8'));
        } catch (e) {
          reject(new Error(`${url.origin}: not JSON (status ${res.statusCode}): is that leann serve?`));
          return;
        }
        if (res.statusCode !== 200) {
          const why = answer && answer.error && (answer.error.message || answer.error);
          reject(new Error(`leann serve: ${why || `status ${res.statusCode}`}`));
          return;
        }
        resolve(answer);
      });
    });
    const timer = setTimeout(() => req.destroy(new Error(`${url.origin}: no answer in ${timeoutMs / 1000} s`)), timeoutMs);
    req.on('close', () => clearTimeout(timer));
    req.on('error', reject);
    req.end(data);
  });
}

async function search(base, query, { index, topK = 10, ...options } = {}) {
  const body = { query, top_k: topK };
  if (index) {
    body.index = index;
  }
  return (await request(base, '/search', body, options)).results;
}

// What is near a line, from 1, of a file.
async function related(base, path, line, { index, topK = 10, ...options } = {}) {
  const q = new URLSearchParams({ path, line: String(line), top_k: String(topK) });
  if (index) {
    q.set('index', index);
  }
  return (await request(base, `/related?${q}`, undefined, options)).results;
}

// What a list shows of a hit. `relative` makes a path one of the workspace.
function item(hit, relative = (path) => path) {
  const lines = hit.startLine ? `:${hit.startLine}-${hit.endLine}` : '';
  return {
    label: `${relative(hit.path)}${lines}`,
    description: [hit.score.toFixed(3), hit.symbol || hit.heading, hit.stale && `stale: ${hit.stale}`].filter(Boolean).join('  '),
    detail: (hit.preview || '').split('\n').map((l) => l.trim()).filter(Boolean).slice(0, 3).join('  '),
    hit,
  };
}

module.exports = { item, related, request, search, serverUrl };
