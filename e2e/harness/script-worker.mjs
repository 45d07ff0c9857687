// Runs the pure JavaScript SDK (@openim/client-sdk). It wants the globals of a browser:
// `WebSocket`, which Node 20 has behind a flag, and `fetch`.
import { CbEvents, getSDK } from '@openim/client-sdk';

const SILENT = 5;
const sdk = getSDK();
let config;

for (const name of new Set(Object.values(CbEvents))) {
  sdk.on(name, ({ data, errCode, errMsg }) => {
    process.send({ event: name, data: errCode ? { errCode, errMsg } : data });
  });
}

const handlers = {
  init: (message) => {
    config = message.config;
    return {};
  },
  login: ({ args }) => answer(() => sdk.login({ ...config, ...args, logLevel: SILENT })),
  call: ({ method, args }) => answer(() => sdk[method](...args)),
};

process.on('message', async ({ id, kind, ...message }) => {
  process.send({ id, result: await handlers[kind](message) });
});
// The test has gone; nobody is left to report to.
process.on('disconnect', () => process.exit());

async function answer(work) {
  try {
    const { errCode = 0, errMsg = '', data } = (await work()) ?? {};
    return { errCode, errMsg, data };
  } catch (error) {
    return { errCode: error.errCode || -1, errMsg: error.errMsg ?? String(error.stack ?? error) };
  }
}
