// A device whose SDK runs in a Node process of its own: the SDKs keep one login per
// process. The worker answers calls and reports events over the IPC channel.
import { fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Device } from './device.mjs';

const LOG_SHOWN_CHARS = 3000;

export class ProcessDevice extends Device {
  #child;
  #exited = Promise.resolve();
  #calls = new Map();
  #nextCall = 1;

  /** `worker` is the file to run, `config` what its `init` message carries. */
  constructor({ worker, execArgv = [], dir, config, ...device }) {
    super(device);
    this.worker = worker;
    this.execArgv = execArgv;
    this.dir = dir;
    this.config = config;
  }

  async open() {
    this.revive();
    fs.mkdirSync(this.dir, { recursive: true });
    const log = fs.openSync(this.#logFile(), 'a');
    const child = fork(path.join(import.meta.dirname, this.worker), {
      execArgv: this.execArgv,
      cwd: this.dir,
      stdio: ['ignore', log, log, 'ipc'],
    });
    fs.closeSync(log);
    this.#child = child;
    children.add(child);
    child.on('message', (message) => this.#receive(message));
    this.#exited = new Promise((resolve) => child.once('exit', resolve));
    child.once('exit', (code, signal) => {
      children.delete(child);
      if (this.#child === child) this.#died(`the SDK process ended (${code ?? signal})`);
    });
    await this.#request({ kind: 'init', config: { ...this.config, dir: this.dir } });
  }

  async close() {
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
    await this.#exited;
  }

  async startLogin(token) {
    const { errCode, errMsg } = await this.#request({
      kind: 'login',
      args: { userID: this.userID, token },
    });
    if (errCode) throw new Error(`${this.label}: login failed with ${errCode} ${errMsg}`);
  }

  invoke(method, args) {
    return this.#request({ kind: 'call', method, args });
  }

  details() {
    const log = fs.readFileSync(this.#logFile(), 'utf8').slice(-LOG_SHOWN_CHARS);
    return `end of ${this.#logFile()}:\n${log}`;
  }

  #logFile() {
    return path.join(this.dir, 'sdk.log');
  }

  #request(message) {
    return new Promise((resolve, reject) => {
      if (!this.#child?.connected) {
        return reject(new Error(`${this.label} is not open\n${this.details()}`));
      }
      const id = this.#nextCall++;
      this.#calls.set(id, { resolve, reject });
      this.#child.send({ id, ...message });
    });
  }

  #receive({ id, event, data, result, error }) {
    if (event) return this.record(event, data);
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) call.reject(new Error(`${this.label}: ${error}`));
    else call.resolve(result ?? {});
  }

  #died(reason) {
    for (const { reject } of this.#calls.values()) {
      reject(new Error(`${this.label}: ${reason}\n${this.details()}`));
    }
    this.#calls.clear();
    this.fail(reason);
  }
}

const children = new Set();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));
