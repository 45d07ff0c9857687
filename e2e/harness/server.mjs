// The server under test: one process with its own directory, database and ports.
// It can be stopped politely, killed and started again; the addresses stay the same,
// so that clients find it where they lost it.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Admin } from './admin.mjs';
import { createDatabase } from './postgres.mjs';
import { releasePort, reservePort } from './ports.mjs';

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;
const LOG_TAIL_LINES = 80;

export class Server {
  #child;
  #exited;
  #env;
  #ports = [];

  /** Starts a server; `settings` are further environment variables without the prefix. */
  static async start(settings = {}) {
    const server = new Server();
    try {
      await server.#prepare(settings);
      await server.launch();
    } catch (error) {
      await server.dispose();
      throw error;
    }
    return server;
  }

  async launch() {
    const program = binary();
    const log = fs.openSync(this.logFile, 'a');
    this.#child = spawn(program, ['serve', '--data', this.dir], {
      env: { ...process.env, ...this.#env },
      stdio: ['ignore', log, log],
    });
    fs.closeSync(log);
    const child = this.#child;
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => resolve({ error }));
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    children.add(child);
    this.#exited.then(() => children.delete(child));
    await this.#ready();
  }

  /** SIGTERM, as an operator would. Fails when the server does not end by itself. */
  async stop() {
    this.#child.kill('SIGTERM');
    const ended = await Promise.race([this.#exited, delay(STOP_TIMEOUT_MS)]);
    if (!ended) {
      await this.kill();
      throw new Error(`the server ignored SIGTERM for ${STOP_TIMEOUT_MS} ms\n${this.logTail()}`);
    }
    return ended;
  }

  /** SIGKILL: nothing is flushed, no connection is closed by the program. */
  async kill() {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  async restart() {
    await this.stop();
    await this.launch();
  }

  async dispose({ keep = false } = {}) {
    await this.kill();
    this.#ports.forEach(releasePort);
    if (!keep && !process.env.KEEP) fs.rmSync(this.dir, { recursive: true, force: true });
  }

  logTail() {
    const lines = fs.readFileSync(this.logFile, 'utf8').trimEnd().split('\n');
    return `--- end of ${this.logFile}\n${lines.slice(-LOG_TAIL_LINES).join('\n')}`;
  }

  async #prepare(settings) {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'switchboard-e2e-'));
    this.logFile = path.join(this.dir, 'server.log');
    for (let count = 0; count < 3; count++) this.#ports.push(await reservePort());
    const [main, api, ws] = this.#ports.map((port) => `127.0.0.1:${port}`);
    this.mainUrl = `http://${main}`;
    this.apiUrl = `http://${api}`;
    this.wsUrl = `ws://${ws}`;
    this.#env = {
      SWITCHBOARD__LISTEN__MAIN: main,
      SWITCHBOARD__LISTEN__OPENIM_API: api,
      SWITCHBOARD__LISTEN__OPENIM_WS: ws,
      SWITCHBOARD__STORE__URL: await storeUrl(this.dir),
    };
    for (const [name, value] of Object.entries(settings)) {
      this.#env[`SWITCHBOARD__${name}`] = String(value);
    }
    this.admin = new Admin(this.apiUrl, settings.OPENIM__SECRET);
  }

  async #ready() {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (Date.now() < deadline) {
      const ended = await Promise.race([this.#exited, delay(50)]);
      if (ended) throw new Error(`the server did not start: ${describe(ended)}\n${this.logTail()}`);
      const answer = await fetch(`${this.mainUrl}/readyz`).catch(() => undefined);
      if (answer?.status === 200) return;
    }
    await this.kill();
    throw new Error(`the server was not ready after ${READY_TIMEOUT_MS} ms\n${this.logTail()}`);
  }
}

const children = new Set();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

function binary() {
  const profile = process.env.SWITCHBOARD_PROFILE ?? 'debug';
  const built = path.resolve(import.meta.dirname, `../../target/${profile}/switchboard`);
  const file = process.env.SWITCHBOARD_BIN ?? built;
  if (!fs.existsSync(file))
    throw new Error(`no server at ${file}; build it or set SWITCHBOARD_BIN`);
  return file;
}

async function storeUrl(dir) {
  const store = process.env.STORE ?? 'sqlite';
  if (store === 'sqlite') return `sqlite:${path.join(dir, 'switchboard.db')}`;
  if (store === 'postgres') return createDatabase();
  throw new Error(`STORE is "sqlite" or "postgres", not "${store}"`);
}

function describe({ error, code, signal }) {
  return error ? error.message : `exit code ${code}, signal ${signal}`;
}

function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
