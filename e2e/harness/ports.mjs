// Ports for servers that are stopped and started again under the same address.
// They lie below the range from which the kernel takes client ports, and a lock
// file per port keeps test files that run side by side from choosing the same one.
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const FIRST = 18000;
const COUNT = 12000;
const ATTEMPTS_MAX = 200;
const locks = path.join(os.tmpdir(), 'switchboard-e2e-ports');

/** A port nobody listens on and no other test file has reserved. */
export async function reservePort() {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (!lock(port)) continue;
    if (await isFree(port)) return port;
    releasePort(port);
  }
  throw new Error('no free port found');
}

export function releasePort(port) {
  fs.rmSync(lockFile(port), { force: true });
}

function lock(port) {
  fs.mkdirSync(locks, { recursive: true });
  const file = lockFile(port);
  try {
    fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    // A run that was killed leaves its locks behind; the next one tidies them.
    if (!isAlive(Number(fs.readFileSync(file, 'utf8')))) fs.rmSync(file, { force: true });
    return false;
  }
}

function lockFile(port) {
  return path.join(locks, String(port));
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
