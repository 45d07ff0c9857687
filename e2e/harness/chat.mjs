// The verbs in which scenarios are told: send, receive, read the history, look at a
// conversation. Nothing here asserts; scenarios do.

const PAGES_MAX = 1000;
const HISTORY_VIEW = 0;
const SENDING_FAILED = 3;

/** The id of the chat of two accounts. */
export function chatOf(one, two) {
  return `si_${[one.userID, two.userID].sort().join('_')}`;
}

/** The id of the chat of a group. */
export function chatIn({ groupID }) {
  return `sg_${groupID}`;
}

/**
 * Sends a message made by one of the SDK's create calls to an account or a group; returns it as
 * acknowledged.
 */
export function send(device, to, message, { by = 'sendMessage', ...options } = {}) {
  const { userID: recvID = '', groupID = '' } = to;
  return device.call(by, { recvID, groupID, message, ...options });
}

export async function sendText(device, to, text, options) {
  return send(device, to, await device.call('createTextMessage', text), options);
}

export async function sendTexts(device, to, texts) {
  const sent = [];
  for (const text of texts) sent.push(await sendText(device, to, text));
  return sent;
}

/** The message with that id, once the device has been told of it. */
export async function received(device, clientMsgID, options) {
  const has = (list) => list.some((message) => message.clientMsgID === clientMsgID);
  const list = await device.waitFor('OnRecvNewMessages', has, options);
  return list.find((message) => message.clientMsgID === clientMsgID);
}

/** Everything an app can scroll to, oldest first. */
export async function history(device, conversationID, pageSize = 20) {
  const messages = [];
  let startClientMsgID = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const { messageList, isEnd } = await device.call('getAdvancedHistoryMessageList', {
      conversationID,
      startClientMsgID,
      count: pageSize,
      lastMinSeq: 0,
      viewType: HISTORY_VIEW,
    });
    const older = messageList ?? [];
    messages.unshift(...older);
    if (isEnd || older.length === 0) return messages;
    startClientMsgID = older[0].clientMsgID;
  }
  throw new Error(`${device.label}: the history of ${conversationID} does not end`);
}

/** The history once it has that many messages. */
export function wholeHistory(device, conversationID, count, options) {
  return device.until(
    () => history(device, conversationID),
    (messages) => messages.length >= count,
    { what: `a history of ${count} messages`, ...options },
  );
}

/** The history's entry of one message, once it satisfies. */
export async function inHistory(device, conversationID, clientMsgID, accept = Boolean) {
  const find = (messages) => messages.find((message) => message.clientMsgID === clientMsgID);
  const messages = await device.until(
    () => history(device, conversationID),
    (list) => accept(find(list)),
    { what: `message ${clientMsgID} in the history as expected` },
  );
  return find(messages);
}

/** A conversation of the list once it satisfies; its latest message is parsed. */
export async function conversation(device, conversationID, accept = Boolean) {
  return device.until(
    async () => {
      const list = await device.call('getAllConversationList');
      return parsed(list.find((entry) => entry.conversationID === conversationID));
    },
    (entry) => entry !== undefined && accept(entry),
    { what: `conversation ${conversationID} as expected` },
  );
}

export async function conversations(device) {
  return (await device.call('getAllConversationList')).map(parsed);
}

export function texts(messages) {
  return messages.map((message) => message.textElem?.content);
}

/** The texts among messages of all kinds, without what the device failed to send and still shows. */
export function said(messages) {
  const stored = messages.filter(({ status }) => status !== SENDING_FAILED);
  return texts(stored).filter((text) => text !== undefined);
}

export function ids(messages) {
  return messages.map((message) => message.clientMsgID);
}

export function numbered(prefix, count) {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index + 1}`);
}

function parsed(entry) {
  if (!entry) return undefined;
  return { ...entry, latestMsg: entry.latestMsg ? JSON.parse(entry.latestMsg) : undefined };
}
