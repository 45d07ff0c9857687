// Read receipts and unread counts.
import assert from 'node:assert/strict';
import {
  chatOf,
  conversation,
  ids,
  inHistory,
  numbered,
  received,
  sendTexts,
} from '../harness/chat.mjs';

export const reading = {
  'reading tells the sender and clears the unread count of the own other device': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const conversationID = chatOf(alice, bob);
    const sender = await alice.freshDevice();
    const reader = await bob.freshDevice('main');
    const second = await bob.freshDevice('other');
    const sent = await sendTexts(sender, bob, numbered('read me', 3));
    for (const device of [reader, second]) {
      await conversation(device, conversationID, (entry) => entry.unreadCount === 3);
    }

    await reader.call('markConversationMessageAsRead', conversationID);

    const told = new Set();
    await sender.waitFor('OnRecvC2CReadReceipt', (receipts) => {
      for (const { userID, msgIDList } of receipts) {
        if (userID === bob.userID) msgIDList.forEach((id) => told.add(id));
      }
      return sent.every(({ clientMsgID }) => told.has(clientMsgID));
    });
    for (const { clientMsgID } of sent) {
      await inHistory(sender, conversationID, clientMsgID, (entry) => entry?.isRead === true);
    }
    for (const device of [reader, second]) {
      await conversation(device, conversationID, (entry) => entry.unreadCount === 0);
      await device.until(
        async () => Number(await device.call('getTotalUnreadMsgCount')),
        (count) => count === 0,
        { what: 'nothing unread' },
      );
    }
  },

  'what was read stays read on a fresh device, and so does the receipt': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const conversationID = chatOf(alice, bob);
    const sender = await alice.freshDevice();
    const reader = await bob.freshDevice();
    const sent = await sendTexts(sender, bob, numbered('read me', 2));
    await received(reader, sent.at(-1).clientMsgID);
    await conversation(reader, conversationID, (entry) => entry.unreadCount === 2);
    await reader.call('markConversationMessageAsRead', conversationID);
    await sender.waitFor('OnRecvC2CReadReceipt');

    const readerAnew = await bob.freshDevice('other');
    const chat = await conversation(readerAnew, conversationID);
    assert.equal(chat.unreadCount, 0);
    const senderAnew = await alice.freshDevice('other');
    for (const id of ids(sent)) {
      await inHistory(senderAnew, conversationID, id, (entry) => entry?.isRead === true);
    }
  },

  'a receipt that was missed is delivered when the sender comes back': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const conversationID = chatOf(alice, bob);
    const sender = await alice.freshDevice();
    const reader = await bob.freshDevice();
    const [sent] = await sendTexts(sender, bob, ['read me']);
    await inHistory(sender, conversationID, sent.clientMsgID, (entry) => entry?.seq > 0);
    await conversation(reader, conversationID, (entry) => entry.unreadCount === 1);

    await sender.close();
    await reader.call('markConversationMessageAsRead', conversationID);
    await alice.comeBack(sender);
    await inHistory(sender, conversationID, sent.clientMsgID, (entry) => entry?.isRead === true);
  },
};
