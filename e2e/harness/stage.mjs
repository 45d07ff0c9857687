// What one scenario plays on: a server, accounts with ids nobody else uses, and the
// devices they hold. Everything that a scenario brought up is taken down after it.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Platform } from './admin.mjs';
import { NativeDevice } from './native-device.mjs';
import { ScriptDevice } from './script-device.mjs';
import { Server } from './server.mjs';
import { WebDevice } from './web-device.mjs';

const linux = { Kind: NativeDevice, platformID: Platform.linux };
const android = { Kind: NativeDevice, platformID: Platform.android };
const script = { Kind: ScriptDevice, platformID: Platform.web };
const web = { Kind: WebDevice, platformID: Platform.web };

/**
 * Which SDK the accounts of a scenario use: the first account takes the first entry, the
 * second the second, and so on in turn. `other` is the device on another platform; it is
 * never a second browser, because the wasm SDK is only kept alive on the web platform. In
 * scenarios of many devices just one of them is a browser, because a page takes seconds to start.
 */
export const casts = {
  native: [{ main: linux, other: android }],
  wasm: [{ main: web, other: linux }],
  oneWasm: [
    { main: web, other: linux },
    { main: linux, other: android },
    { main: linux, other: android },
    { main: linux, other: android },
    { main: linux, other: android },
  ],
  script: [
    { main: script, other: linux },
    { main: linux, other: android },
    { main: linux, other: android },
  ],
  mixed: [
    { main: linux, other: web },
    { main: web, other: linux },
  ],
};

export class Stage {
  #cast;
  #accounts = 0;
  #devices = [];
  #servers = [];
  #dir;

  constructor(server, cast) {
    this.server = server;
    this.#cast = cast;
    this.#dir = fs.mkdtempSync(path.join(os.tmpdir(), 'switchboard-e2e-devices-'));
  }

  get admin() {
    return this.server.admin;
  }

  /** Plays the rest of the scenario on a server of its own, with these settings. */
  async ownServer(settings) {
    this.server = await Server.start(settings);
    this.#servers.push(this.server);
  }

  /** Registers one account per name. */
  async accounts(...names) {
    const accounts = names.map((name) => {
      const userID = `${name}-${randomBytes(4).toString('hex')}`;
      const slots = this.#cast[this.#accounts++ % this.#cast.length];
      return new Account(this, userID, slots);
    });
    await this.admin.registerUsers(
      accounts.map(({ userID, nickname }) => ({ userID, nickname, faceURL: '' })),
    );
    return accounts;
  }

  /** A device that has never been used, with its SDK started but nobody logged in. */
  async unusedDevice(account, slot = 'main') {
    const { Kind, platformID } = account.slots[slot];
    const number = this.#devices.length + 1;
    const device = new Kind({
      server: this.server,
      userID: account.userID,
      platformID,
      label: `${account.userID} on device ${number} (${Kind.name}, platform ${platformID})`,
      dir: path.join(this.#dir, `device-${number}`),
    });
    this.#devices.push(device);
    await device.open();
    return device;
  }

  /** Accounts that nobody in the scenario has a device of: name and id is all there is. */
  async registered(...names) {
    const users = names.map((name) => {
      const userID = `${name}-${randomBytes(4).toString('hex')}`;
      return { userID, nickname: nicknameOf(userID), faceURL: '' };
    });
    await this.admin.registerUsers(users);
    return users;
  }

  /** A fresh device for each of the accounts, started side by side. */
  devices(...accounts) {
    return Promise.all(accounts.map((account) => account.freshDevice()));
  }

  /** Makes the first account a friend of all the others, without anybody asking. */
  async befriended({ userID }, ...others) {
    const friendUserIDs = others.map((account) => account.userID);
    await this.admin.call('/friend/import_friend', { ownerUserID: userID, friendUserIDs });
  }

  logTails() {
    return [...new Set([this.server, ...this.#servers])]
      .map((server) => server.logTail())
      .join('\n');
  }

  async close({ keep = false } = {}) {
    await Promise.all(this.#devices.map((device) => (device.discard ?? device.close).call(device)));
    await Promise.all(this.#servers.map((server) => server.dispose({ keep })));
    if (!keep && !process.env.KEEP) fs.rmSync(this.#dir, { recursive: true, force: true });
  }
}

class Account {
  constructor(stage, userID, slots) {
    this.stage = stage;
    this.userID = userID;
    this.nickname = nicknameOf(userID);
    this.slots = slots;
  }

  /** A fresh device, logged in. `other` is one on another platform than `main`. */
  async freshDevice(slot = 'main') {
    const device = await this.stage.unusedDevice(this, slot);
    await device.login(await this.token(slot));
    return device;
  }

  /** Starts a device again on what it has stored, and logs in. */
  async comeBack(device) {
    await device.open();
    await device.login(await this.stage.admin.userToken(this.userID, device.platformID));
  }

  token(slot = 'main') {
    return this.stage.admin.userToken(this.userID, this.slots[slot].platformID);
  }
}

function nicknameOf(userID) {
  return `Nick of ${userID}`;
}
