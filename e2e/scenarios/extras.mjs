// What OpenIM's open edition lacks, as the published SDKs meet it: they do not know the notices of edits, reactions and
// pins, and must pass over them. What comes after still arrives, and a device that reads a message anew reads its new
// words.
import assert from 'node:assert/strict';
import { chatOf, history, numbered, received, sendText, sendTexts, texts } from '../harness/chat.mjs';

async function change(stage, alice, bob, seq) {
  const conversationID = chatOf(alice, bob);
  const of = (userID, more) => ({ userID, conversationID, seq, ...more });
  const content = { content: 'edited' };
  await stage.admin.call('/msg/edit_msg', of(alice.userID, { content }));
  await stage.admin.call('/msg/set_reaction', of(bob.userID, { reaction: '👍', on: true }));
  await stage.admin.call('/msg/pin_msg', of(bob.userID));
}

export const extras = {
  'devices pass over edits, reactions and pins and go on': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const conversationID = chatOf(alice, bob);
    const sender = await alice.freshDevice();
    const receiver = await bob.freshDevice();
    const sent = await sendTexts(sender, bob, numbered('line', 2));
    await received(receiver, sent[1].clientMsgID);

    await change(stage, alice, bob, 1);
    const next = await sendText(sender, bob, 'line 3');
    await received(receiver, next.clientMsgID);

    // The same while one of them is away.
    await receiver.close();
    await change(stage, alice, bob, 2);
    const last = await sendText(sender, bob, 'line 4');
    await bob.comeBack(receiver);
    await receiver.until(
      () => history(receiver, conversationID),
      (messages) => messages.some(({ clientMsgID }) => clientMsgID === last.clientMsgID),
      { what: 'the message behind the notices' },
    );

    const anew = await bob.freshDevice('other');
    assert.deepEqual(texts(await history(anew, conversationID)), ['edited', 'edited', 'line 3', 'line 4']);
  },
};
