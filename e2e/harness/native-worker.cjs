// Runs the Electron SDK in plain Node: its main-process class is handed a pretended
// Electron, and the handler it registers for its renderer is called over IPC instead.
// CommonJS, because the pretence sits in `Module._load`.
'use strict';

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

let invoke;
const electron = {
  ipcMain: {
    handle: (channel, handler) => (invoke = handler),
    removeHandler: () => {},
  },
  powerMonitor: { on: () => {}, removeListener: () => {} },
};

const load = Module._load;
Module._load = function (request, ...rest) {
  if (request === 'electron') return electron;
  const loaded = load.call(this, request, ...rest);
  // The Electron SDK imports an enum under a name that the published wasm SDK gives no more.
  if (request === '@openim/wasm-client-sdk') return { ...loaded, SdkEvent: loaded.CbEvents };
  return loaded;
};

const OpenIMSdkMain = require('@openim/electron-client-sdk');

const window = {
  send: (channel, event, payload) => process.send({ event, data: payload?.data }),
  isDestroyed: () => false,
  once: () => {},
};

const handlers = {
  async init({ config }) {
    const { dir, ...sdk } = config;
    const dataDir = path.join(dir, 'data');
    const logFilePath = path.join(dir, 'logs');
    fs.mkdirSync(dataDir, { recursive: true });
    fs.mkdirSync(logFilePath, { recursive: true });
    new OpenIMSdkMain(library(), window);
    const done = await call('initSDK', { ...sdk, dataDir, logFilePath });
    if (done !== true) throw new Error(`initSDK answered ${JSON.stringify(done)}`);
  },
  login: ({ args }) => call('login', args),
  call: ({ method, args }) => call(method, ...args),
};

process.on('message', async ({ id, kind, ...message }) => {
  try {
    const result = await handlers[kind](message);
    process.send({ id, result: result === undefined ? {} : result });
  } catch (error) {
    process.send({ id, error: error.stack ?? String(error) });
  }
});
// The test has gone; nobody is left to report to.
process.on('disconnect', () => process.exit());

function call(method, ...args) {
  return invoke({}, method, ...args);
}

function library() {
  const assets = path.join(
    path.dirname(require.resolve('@openim/electron-client-sdk')),
    '../assets',
  );
  return path.join(assets, `linux_${process.arch}`, 'libopenimsdk.so');
}
