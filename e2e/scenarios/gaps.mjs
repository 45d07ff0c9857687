// Being away: what a device missed is there when it comes back, once and in order.
import assert from 'node:assert/strict';
import {
  chatOf,
  conversation,
  history,
  ids,
  numbered,
  received,
  sendText,
  sendTexts,
  texts,
} from '../harness/chat.mjs';

const MISSED = 60;

export const gaps = {
  'a device that missed 60 messages finds them all in order': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const conversationID = chatOf(alice, bob);
    const sender = await alice.freshDevice();
    const device = await bob.freshDevice();
    const { clientMsgID } = await sendText(sender, bob, 'before');
    await received(device, clientMsgID);
    await device.call('markConversationMessageAsRead', conversationID);
    await conversation(device, conversationID, (entry) => entry.unreadCount === 0);

    await device.close();
    const missed = numbered('missed', MISSED);
    const sent = await sendTexts(sender, bob, missed);
    const since = device.mark();
    await bob.comeBack(device);

    const all = (count) => Number(count) === MISSED;
    await device.waitFor('OnTotalUnreadMessageCountChanged', all, { since });
    const caughtUp = (entry) => entry.latestMsg?.clientMsgID === sent.at(-1).clientMsgID;
    const chat = await conversation(device, conversationID, caughtUp);
    assert.equal(chat.unreadCount, MISSED);
    assert.equal(Number(await device.call('getTotalUnreadMsgCount')), MISSED);
    const found = await history(device, conversationID);
    assert.deepEqual(texts(found), ['before', ...missed]);
    assert.equal(new Set(ids(found)).size, found.length);

    // The hole is closed for good: it needs no second look.
    assert.deepEqual(ids(await history(device, conversationID, 50)), ids(found));
  },

  'messages that arrive live after a gap are added to it without loss': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const conversationID = chatOf(alice, bob);
    const sender = await alice.freshDevice();
    const device = await bob.freshDevice();
    await sendTexts(sender, bob, numbered('early', 5));
    await device.close();
    await sendTexts(sender, bob, numbered('missed', 30));
    await bob.comeBack(device);
    const live = await sendTexts(sender, bob, numbered('live', 5));
    await received(device, live.at(-1).clientMsgID);

    const expected = [...numbered('early', 5), ...numbered('missed', 30), ...numbered('live', 5)];
    assert.deepEqual(texts(await history(device, conversationID)), expected);
  },

  'a lively conversation reads the same by pages of any size': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const conversationID = chatOf(alice, bob);
    const [one, two] = [await alice.freshDevice(), await bob.freshDevice()];
    // Both at once, so that neighbours tend to be stored in the same millisecond: the SDK sorts
    // by time and pages by time, and two equal times make it swap or double messages.
    const each = 100;
    await Promise.all([
      sendTexts(one, bob, numbered('alice', each)),
      sendTexts(two, alice, numbered('bob', each)),
    ]);

    const device = await bob.freshDevice('other');
    const everySeq = Array.from({ length: 2 * each }, (_, index) => index + 1);
    for (const pageSize of [3, 7, 20]) {
      const seqs = (await history(device, conversationID, pageSize)).map(({ seq }) => seq);
      assert.deepEqual(seqs, everySeq, `in pages of ${pageSize}`);
    }
  },
};
