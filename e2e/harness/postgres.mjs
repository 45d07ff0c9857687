// One PostgreSQL cluster per test file, started only when STORE=postgres asks for it,
// and one database in it per server. Durability stays on: the crash scenarios mean it.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { reservePort, releasePort } from './ports.mjs';

const READY_TIMEOUT_MS = 30_000;
let cluster;

/** The URL of a new, empty database. */
export async function createDatabase() {
  cluster ??= startCluster();
  const { port, bin, databases } = await cluster;
  const name = `switchboard_${databases.length + 1}`;
  databases.push(name);
  const client = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres'];
  execFileSync(path.join(bin, 'createdb'), [...client, name]);
  return `postgres://postgres@127.0.0.1:${port}/${name}`;
}

/** Stops the cluster and deletes it. Harmless when none was started. */
export async function stopPostgres() {
  if (!cluster) return;
  const { child, dir, port } = await cluster;
  cluster = undefined;
  child.kill('SIGINT');
  if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
  fs.rmSync(dir, { recursive: true, force: true });
  releasePort(port);
}

async function startCluster() {
  const bin = newestBin();
  const owner = unprivilegedOwner();
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'switchboard-e2e-pg-'));
  if (owner.uid !== undefined) fs.chownSync(dir, owner.uid, owner.gid);

  const data = path.join(dir, 'data');
  const init = spawnSync(
    path.join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale'],
    { ...owner, cwd: dir, encoding: 'utf8' },
  );
  if (init.status !== 0) throw new Error(`initdb failed:\n${init.stdout}${init.stderr}`);

  const port = await reservePort();
  const log = fs.openSync(path.join(dir, 'log'), 'a');
  const child = spawn(
    path.join(bin, 'postgres'),
    ['-D', data, '-p', String(port), '-k', dir, '-c', 'listen_addresses=127.0.0.1'],
    { ...owner, cwd: dir, stdio: ['ignore', log, log] },
  );
  process.once('exit', () => child.kill('SIGQUIT'));
  await ready(bin, port, child, path.join(dir, 'log'));
  return { bin, child, dir, port, databases: [] };
}

/** PostgreSQL refuses to run as root, so root hands the cluster to the postgres account. */
function unprivilegedOwner() {
  if (process.getuid() !== 0) return {};
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function newestBin() {
  const root = '/usr/lib/postgresql';
  const versions = fs.existsSync(root) ? fs.readdirSync(root) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (!newest) throw new Error(`STORE=postgres needs the server programs under ${root}`);
  return path.join(root, newest, 'bin');
}

async function ready(bin, port, child, logFile) {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    const probe = spawnSync(path.join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]);
    if (probe.status === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`PostgreSQL did not start:\n${fs.readFileSync(logFile, 'utf8')}`);
}
