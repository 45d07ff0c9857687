// Taking things back: recall for everybody, deletion and clearing for oneself.
import assert from 'node:assert/strict';
import {
  chatOf,
  conversation,
  history,
  inHistory,
  numbered,
  received,
  sendText,
  sendTexts,
  texts,
} from '../harness/chat.mjs';

const REVOKED = 2101;
const isRevoked = (entry) => entry?.contentType === REVOKED;

export const removing = {
  'a recalled message turns into a notice on the devices that are online': async (stage) => {
    const { alice, bob, conversationID, sender, clientMsgID } = await oneMessage(stage);
    const receiver = await bob.freshDevice();
    const second = await alice.freshDevice('other');
    for (const device of [receiver, second]) await inHistory(device, conversationID, clientMsgID);

    await sender.call('revokeMessage', { conversationID, clientMsgID });

    for (const device of [receiver, second]) {
      const told = await device.waitFor(
        'OnNewRecvMessageRevoked',
        (notice) => notice.clientMsgID === clientMsgID,
      );
      assert.equal(told.revokerID, alice.userID);
    }
    for (const device of [sender, receiver, second]) {
      const entry = await inHistory(device, conversationID, clientMsgID, isRevoked);
      const detail = JSON.parse(entry.notificationElem.detail);
      assert.equal(detail.revokerID, alice.userID);
      assert.equal(detail.sourceMessageSendID, alice.userID);
    }
  },

  'a recall reaches a device that was away': async (stage) => {
    const { bob, conversationID, sender, clientMsgID } = await oneMessage(stage);
    const receiver = await bob.freshDevice();
    await inHistory(receiver, conversationID, clientMsgID);

    await receiver.close();
    await sender.call('revokeMessage', { conversationID, clientMsgID });
    await bob.comeBack(receiver);

    await inHistory(receiver, conversationID, clientMsgID, isRevoked);
    const latest = (entry) => isRevoked(entry.latestMsg);
    await conversation(receiver, conversationID, latest);
  },

  'fresh devices of both ends show the recall, never the text': async (stage) => {
    const { alice, bob, conversationID, sender, clientMsgID } = await oneMessage(stage);
    await sendTexts(sender, bob, ['after it']);
    await sender.call('revokeMessage', { conversationID, clientMsgID });

    for (const device of [await bob.freshDevice(), await alice.freshDevice('other')]) {
      const entry = await inHistory(device, conversationID, clientMsgID, isRevoked);
      assert.equal(entry.textElem, undefined);
      const all = await history(device, conversationID);
      assert.deepEqual(texts(all), [undefined, 'after it']);
    }
  },

  'a message deleted for oneself stays with the peer': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const conversationID = chatOf(alice, bob);
    const sender = await alice.freshDevice();
    const receiver = await bob.freshDevice();
    const sent = await sendTexts(sender, bob, numbered('line', 3));
    const { clientMsgID } = sent[1];
    await inHistory(sender, conversationID, clientMsgID, (entry) => entry?.seq > 0);
    await received(receiver, sent[2].clientMsgID);

    await sender.call('deleteMessage', { conversationID, clientMsgID });

    assert.deepEqual(texts(await history(sender, conversationID)), ['line 1', 'line 3']);
    const anew = await alice.freshDevice('other');
    assert.deepEqual(texts(await history(anew, conversationID)), ['line 1', 'line 3']);
    const peerAnew = await bob.freshDevice('other');
    for (const device of [receiver, peerAnew]) {
      assert.deepEqual(texts(await history(device, conversationID)), numbered('line', 3));
    }
  },

  'a cleared conversation is empty on a fresh device and full at the peer': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const conversationID = chatOf(alice, bob);
    const sender = await alice.freshDevice();
    const receiver = await bob.freshDevice();
    const sent = await sendTexts(sender, bob, numbered('line', 4));
    await received(receiver, sent.at(-1).clientMsgID);

    await receiver.call('clearConversationAndDeleteAllMsg', conversationID);
    await receiver.until(
      () => history(receiver, conversationID),
      (messages) => messages.length === 0,
      { what: 'an empty history' },
    );
    const anew = await bob.freshDevice('other');
    assert.deepEqual(await history(anew, conversationID), []);
    assert.deepEqual(texts(await history(sender, conversationID)), numbered('line', 4));

    // Only what comes later is seen.
    const { clientMsgID } = await sendText(sender, bob, 'line 5');
    for (const device of [receiver, anew]) {
      await inHistory(device, conversationID, clientMsgID);
      assert.deepEqual(texts(await history(device, conversationID)), ['line 5']);
      await conversation(device, conversationID, (entry) => entry.unreadCount === 1);
    }
  },
};

/** Alice has sent Bob one message and knows its place in the conversation. */
async function oneMessage(stage) {
  const [alice, bob] = await stage.accounts('alice', 'bob');
  const conversationID = chatOf(alice, bob);
  const sender = await alice.freshDevice();
  const { clientMsgID } = await sendText(sender, bob, 'a slip');
  await inHistory(sender, conversationID, clientMsgID, (entry) => entry?.seq > 0);
  return { alice, bob, conversationID, sender, clientMsgID };
}
