// A device with the pure JavaScript SDK of mini programs. It keeps nothing, so every start
// is that of a fresh device.
import { ProcessDevice } from './process-device.mjs';

const CONVERSATIONS_MAX = 1000;

export class ScriptDevice extends ProcessDevice {
  constructor({ server, platformID, ...device }) {
    super({
      ...device,
      platformID,
      worker: 'script-worker.mjs',
      execArgv: ['--experimental-websocket'],
      config: { platformID, apiAddr: server.apiUrl, wsAddr: server.wsUrl },
    });
  }

  invoke(method, args) {
    // This SDK lists conversations by the page only.
    if (method === 'getAllConversationList') {
      return super.invoke('getConversationListSplit', [{ offset: 0, count: CONVERSATIONS_MAX }]);
    }
    return super.invoke(method, args);
  }
}
