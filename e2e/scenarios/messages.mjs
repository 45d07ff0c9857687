// Messages of every type, to the peer and to the sender's own other device.
import assert from 'node:assert/strict';
import {
  chatOf,
  conversation,
  history,
  inHistory,
  received,
  send,
  sendText,
  texts,
} from '../harness/chat.mjs';

const picture = (name) => ({
  uuid: name,
  type: 'image/png',
  size: 10,
  width: 2,
  height: 3,
  url: `http://files.example/${name}.png`,
});

// The push follows the reply at once; who has not got the place by then does not get it.
const PLACED_MS = 3000;

/** How each type is made, and the element in which its content arrives. */
const kinds = {
  text: {
    element: 'textElem',
    make: (device) => device.call('createTextMessage', 'plain, 日本語, 👩‍👩‍👧, "quotes" and \\'),
  },
  'at-text': {
    element: 'atTextElem',
    make: (device, to) =>
      device.call('createTextAtMessage', {
        text: 'look @you',
        atUserIDList: [to.userID],
        atUsersInfo: [{ atUserID: to.userID, groupNickname: 'you' }],
      }),
  },
  custom: {
    element: 'customElem',
    make: (device) =>
      device.call('createCustomMessage', { data: '{"a":1}', extension: 'x', description: 'd' }),
  },
  location: {
    element: 'locationElem',
    make: (device) =>
      device.call('createLocationMessage', {
        description: 'here',
        longitude: 1.5,
        latitude: -2.25,
      }),
  },
  card: {
    element: 'cardElem',
    make: (device, to) =>
      device.call('createCardMessage', {
        userID: to.userID,
        nickname: 'Card',
        faceURL: 'http://files.example/face.png',
        ex: 'e',
      }),
  },
  face: {
    element: 'faceElem',
    make: (device) => device.call('createFaceMessage', { index: 3, data: 'smile' }),
  },
  quote: {
    element: 'quoteElem',
    make: async (device, to) => {
      const { clientMsgID } = await sendText(device, to, 'quote me');
      // Quoted as an app would, from what it shows: with its place in the conversation.
      const chat = chatOf(device, to);
      const quoted = await inHistory(device, chat, clientMsgID, (entry) => entry?.seq > 0);
      return device.call('createQuoteMessage', { text: 'quoted', message: JSON.stringify(quoted) });
    },
  },
  merger: {
    element: 'mergeElem',
    make: async (device, to) => {
      const messageList = [await sendText(device, to, 'one'), await sendText(device, to, 'two')];
      const summaryList = ['a: one', 'b: two'];
      return device.call('createMergerMessage', { messageList, title: 'both', summaryList });
    },
  },
  'advanced text': {
    element: 'advancedTextElem',
    make: (device) =>
      device.call('createAdvancedTextMessage', {
        text: 'see http://x',
        messageEntityList: [{ type: 'url', offset: 4, length: 8, url: 'http://x', ex: '' }],
      }),
  },
  'image by URL': {
    element: 'pictureElem',
    by: 'sendMessageNotOss',
    make: (device) =>
      device.call('createImageMessageByURL', {
        sourcePath: '',
        sourcePicture: picture('source'),
        bigPicture: picture('big'),
        snapshotPicture: picture('snapshot'),
      }),
  },
  'sound by URL': {
    element: 'soundElem',
    by: 'sendMessageNotOss',
    make: (device) =>
      device.call('createSoundMessageByURL', {
        uuid: 'sound',
        soundPath: '',
        sourceUrl: 'http://files.example/sound.mp3',
        dataSize: 1000,
        duration: 7,
        soundType: 'audio/mpeg',
      }),
  },
  'video by URL': {
    element: 'videoElem',
    by: 'sendMessageNotOss',
    make: (device) =>
      device.call('createVideoMessageByURL', {
        videoPath: '',
        duration: 9,
        videoType: 'video/mp4',
        snapshotPath: '',
        videoUUID: 'video',
        videoUrl: 'http://files.example/video.mp4',
        videoSize: 2000,
        snapshotUUID: 'still',
        snapshotSize: 100,
        snapshotUrl: 'http://files.example/still.png',
        snapshotWidth: 4,
        snapshotHeight: 5,
        snapShotType: 'image/png',
      }),
  },
  'file by URL': {
    element: 'fileElem',
    by: 'sendMessageNotOss',
    make: (device) =>
      device.call('createFileMessageByURL', {
        filePath: '',
        fileName: 'notes.txt',
        uuid: 'file',
        sourceUrl: 'http://files.example/notes.txt',
        fileSize: 3000,
        fileType: 'text/plain',
      }),
  },
};

/** A message by URL is not announced to the SDK's own conversation list before it is sent. */
async function openedByUrl(stage) {
  const [alice, bob] = await stage.accounts('alice', 'bob');
  const device = await alice.freshDevice();
  const message = await kinds['file by URL'].make(device);
  const { clientMsgID } = await send(device, bob, message, { by: 'sendMessageNotOss' });

  // Without its place in the conversation it could not be recalled.
  const placed = (message) => message.clientMsgID === clientMsgID && message.seq > 0;
  await device.until(
    () => history(device, chatOf(alice, bob)),
    (found) => found.some(placed),
    { timeout: PLACED_MS, what: 'its place in the conversation' },
  );
}
openedByUrl.todo = 'the SDKs drop the push of their own message while they make the conversation';

export const messages = {
  ...Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [
      `a message of type ${name} arrives unchanged in both directions`,
      (stage) => bothWays(stage, kind),
    ]),
  ),

  'a message by URL that opens a conversation gets its place in it': openedByUrl,

  'the other device of the sender gets what was sent': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const first = await alice.freshDevice('main');
    const second = await alice.freshDevice('other');

    const { clientMsgID } = await sendText(first, bob, 'from the first');
    await received(second, clientMsgID);
    const latest = (entry) => entry.latestMsg?.clientMsgID === clientMsgID;
    const chat = await conversation(second, chatOf(alice, bob), latest);
    assert.equal(chat.unreadCount, 0, 'own messages are not unread');
    assert.deepEqual(texts(await history(second, chatOf(alice, bob))), ['from the first']);
  },

  'two devices of one account on different platforms both receive and both send': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const first = await alice.freshDevice('main');
    const second = await alice.freshDevice('other');
    const peer = await bob.freshDevice();

    const question = await sendText(peer, alice, 'are you there?');
    await Promise.all([first, second].map((device) => received(device, question.clientMsgID)));
    const here = await sendText(first, bob, 'here');
    const there = await sendText(second, bob, 'and there');
    await received(peer, here.clientMsgID);
    await received(peer, there.clientMsgID);

    for (const device of [first, second, peer]) {
      await inHistory(device, chatOf(alice, bob), there.clientMsgID);
      const said = texts(await history(device, chatOf(alice, bob)));
      assert.deepEqual(said, ['are you there?', 'here', 'and there']);
    }
  },

  'a message for online devices only leaves no trace': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const sender = await alice.freshDevice();
    const device = await bob.freshDevice();
    const kept = await sendText(sender, bob, 'kept');
    await received(device, kept.clientMsgID);

    const { clientMsgID } = await sendText(sender, bob, 'gone', { isOnlineOnly: true });
    // The native SDK has an event of its own for it, the wasm SDK takes the usual one.
    const same = (message) => message.clientMsgID === clientMsgID;
    const { data } = await device.next(['OnRecvOnlineOnlyMessage', 'OnRecvNewMessages'], {
      predicate: (told) => [told].flat().some(same),
    });
    assert.equal([data].flat().find(same).textElem.content, 'gone');

    await sendText(sender, bob, 'last');
    const fresh = await bob.freshDevice('other');
    for (const each of [device, fresh]) {
      const latest = (entry) => entry.latestMsg?.textElem?.content === 'last';
      const chat = await conversation(each, chatOf(alice, bob), latest);
      assert.equal(chat.unreadCount, 2);
      assert.deepEqual(texts(await history(each, chatOf(alice, bob))), ['kept', 'last']);
    }
  },

  'the peer sees when somebody starts and stops typing': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const writer = await alice.freshDevice();
    const reader = await bob.freshDevice();
    const conversationID = chatOf(alice, bob);
    // Typing is shown in a conversation that exists on both sides.
    const { clientMsgID } = await sendText(writer, bob, 'hello');
    await received(reader, clientMsgID);
    await conversation(writer, conversationID);

    await writer.call('changeInputStates', { conversationID, focus: true });
    const started = await reader.waitFor(
      'OnConversationUserInputStatusChanged',
      (status) => status.platformIDs?.length > 0,
    );
    assert.equal(started.userID, alice.userID);
    assert.equal(started.conversationID, conversationID);
    assert.deepEqual(started.platformIDs, [writer.platformID]);

    await writer.call('changeInputStates', { conversationID, focus: false });
    await reader.waitFor(
      'OnConversationUserInputStatusChanged',
      (status) => status.userID === alice.userID && !status.platformIDs?.length,
    );
  },

  'a message sent by the app server arrives like any other': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const device = await bob.freshDevice();

    const { clientMsgID } = await stage.admin.sendText(alice.userID, bob.userID, 'from the server');
    const message = await received(device, clientMsgID);
    assert.equal(message.textElem.content, 'from the server');
    assert.equal(message.sendID, alice.userID);
    const chat = await conversation(device, chatOf(alice, bob), (entry) => entry.unreadCount === 1);
    assert.equal(chat.latestMsg.clientMsgID, clientMsgID);
  },

  'a business notification reaches the app and no conversation': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const device = await bob.freshDevice();

    const order = JSON.stringify({ order: 7 });
    await stage.admin.sendBusinessNotification(alice.userID, bob.userID, 'paid', order);
    const told = await device.waitFor('OnRecvCustomBusinessMessage');
    const notification = typeof told === 'string' ? JSON.parse(told) : told;
    assert.equal(notification.key, 'paid');
    assert.equal(notification.data, order);
    assert.deepEqual(await device.call('getAllConversationList'), []);
  },
};

async function bothWays(stage, { element, make, by }) {
  const [alice, bob] = await stage.accounts('alice', 'bob');
  const conversationID = chatOf(alice, bob);
  const [one, two] = [await alice.freshDevice(), await bob.freshDevice()];
  // The SDKs lose the place of a message that opens a conversation by `sendMessageNotOss`
  // (README, findings), so the conversation is opened before.
  const opening = await sendText(one, bob, 'hello');
  await received(two, opening.clientMsgID);
  for (const device of [one, two]) await conversation(device, conversationID);

  for (const [from, sender, to, receiver] of [
    [one, alice, bob, two],
    [two, bob, alice, one],
  ]) {
    const message = await make(from, to);
    const made = comparable(message[element]);
    const { clientMsgID } = await send(from, to, message, { by });

    const seen = await received(receiver, clientMsgID);
    assert.equal(seen.sendID, sender.userID);
    assert.equal(seen.recvID, to.userID);
    assert.equal(seen.contentType, message.contentType);
    assert.deepEqual(comparable(seen[element]), made);

    for (const device of [from, receiver]) {
      const kept = await inHistory(device, conversationID, clientMsgID, (entry) => entry?.seq > 0);
      assert.deepEqual(comparable(kept[element]), made);
    }
  }
}

/**
 * The content without `isAtSelf`, the only member that depends on who reads, and without empty
 * strings, which mean the same as absent members.
 */
function comparable(element) {
  const { isAtSelf, ...rest } = element;
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== ''));
}
