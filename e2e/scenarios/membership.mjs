// Getting into a group, by every rule it can have, and out of it again.
import assert from 'node:assert/strict';
import {
  chatIn,
  conversation,
  history,
  inHistory,
  received,
  said,
  sendText,
} from '../harness/chat.mjs';
import {
  FROM_SEARCH,
  Role,
  Rule,
  Verdict,
  applications,
  applyTo,
  commonGroup,
  invite,
  joined,
  kick,
  left,
  member,
  membersAre,
} from '../harness/circle.mjs';

const ARGUMENTS = 1001;
const NO_PERMISSION = 1002;
const NOT_IN_GROUP = 1203;
const REQUEST_HANDLED = 1206;
const MEMBER_QUIT = 1504;
const MEMBER_KICKED = 1508;
const MEMBER_INVITED = 1509;
const MEMBER_ENTERED = 1510;

export const membership = {
  'an application is told to the heads of the group, refused, repeated and accepted': async (
    stage,
  ) => {
    const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
    const [owner, admin, applicant] = await stage.devices(alice, bob, carol);
    const needVerification = Rule.applicationsAreJudged;
    const known = [owner, admin];
    const group = await commonGroup(owner, { admins: [bob], known, needVerification });
    const { groupID } = group;
    const judge = (device, method) =>
      device.call(method, { groupID, fromUserID: carol.userID, handleMsg: `by ${device.userID}` });
    const unhandled = async (device) =>
      Number(await device.call('getGroupApplicationUnhandledCount', { time: 0 }));

    await applyTo(applicant, group, 'first try');
    for (const device of known) {
      const told = await device.waitFor('OnGroupApplicationAdded');
      assert.equal(told.userID, carol.userID);
      assert.equal(told.groupID, groupID);
      assert.equal(told.reqMsg, 'first try');
      assert.equal(await unhandled(device), 1);
      const [listed] = await applications(device, [Verdict.open]);
      assert.equal(listed.userID, carol.userID);
      assert.equal(listed.nickname, carol.nickname);
      assert.equal(listed.joinSource, FROM_SEARCH);
    }
    assert.equal(await applicant.call('isJoinGroup', groupID), false);
    await assert.rejects(judge(applicant, 'acceptGroupApplication'), { errCode: NO_PERMISSION });

    await judge(admin, 'refuseGroupApplication');
    const refused = await applicant.waitFor('OnGroupApplicationRejected');
    assert.equal(refused.handledMsg, `by ${bob.userID}`);
    assert.equal(await unhandled(owner), 0);
    assert.deepEqual(await applications(owner, [Verdict.open]), []);
    assert.equal((await applications(owner, [Verdict.refused])).length, 1);
    await assert.rejects(judge(owner, 'acceptGroupApplication'), { errCode: REQUEST_HANDLED });

    await applyTo(applicant, group, 'second try');
    const again = ({ reqMsg }) => reqMsg === 'second try';
    await owner.waitFor('OnGroupApplicationAdded', again);
    await judge(owner, 'acceptGroupApplication');
    await applicant.waitFor('OnGroupApplicationAccepted');
    await admin.waitFor('OnGroupApplicationAccepted');
    await joined(applicant, group, (entry) => entry?.memberCount === 3);
    for (const device of [owner, admin, applicant]) {
      await membersAre(device, group, [alice, bob, carol]);
      const entered = (chat) => chat.latestMsg?.contentType === MEMBER_ENTERED;
      await conversation(device, chatIn(group), entered);
    }
    const [sent] = await applicant.call('getGroupApplicationListAsApplicant', {
      groupIDs: [],
      handleResults: [],
      offset: 0,
      count: 10,
    });
    assert.equal(sent.groupID, groupID);
    assert.equal(sent.handleResult, Verdict.accepted);
    await assert.rejects(applyTo(applicant, group), { errCode: ARGUMENTS });
  },

  'where invitations are judged too, a member can only propose': async (stage) => {
    const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
    const [dave] = await stage.registered('dave');
    const [owner, ordinary, invited] = await stage.devices(alice, bob, carol);
    const needVerification = Rule.invitationsToo;
    const known = [owner, ordinary];
    const group = await commonGroup(owner, { members: [bob], known, needVerification });
    const { groupID } = group;

    await invite(ordinary, group, [carol]);
    const told = await owner.waitFor('OnGroupApplicationAdded');
    assert.equal(told.userID, carol.userID);
    assert.equal(told.inviterUserID, bob.userID);
    assert.equal(await invited.call('isJoinGroup', groupID), false);

    await owner.call('acceptGroupApplication', {
      groupID,
      fromUserID: carol.userID,
      handleMsg: '',
    });
    await joined(invited, group);
    // The owner asks nobody.
    await invite(owner, group, [dave]);
    for (const device of [owner, ordinary, invited]) {
      await membersAre(device, group, [alice, bob, carol, dave]);
      const entry = await member(device, group, carol);
      assert.equal(entry.inviterUserID, bob.userID);
    }
    assert.deepEqual(await applications(owner, [Verdict.open]), []);
  },

  'an open group is entered at once, with all that was said before': async (stage) => {
    const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
    const [dave] = await stage.registered('dave');
    const [owner, newcomer, guest] = await stage.devices(alice, bob, carol);
    const group = await commonGroup(owner, { members: [dave], needVerification: Rule.open });
    const conversationID = chatIn(group);
    for (const text of ['one', 'two', 'three']) await sendText(owner, group, text);

    await applyTo(newcomer, group);
    await joined(newcomer, group);
    await owner.waitFor('OnGroupMemberAdded', ({ userID }) => userID === bob.userID);
    // Any member invites, and is named for it.
    await invite(newcomer, group, [carol]);
    await joined(guest, group, (entry) => entry?.memberCount === 4);
    const { clientMsgID } = await sendText(owner, group, 'welcome');
    for (const device of [newcomer, guest]) await received(device, clientMsgID);

    for (const device of [owner, newcomer, guest]) {
      await membersAre(device, group, [alice, bob, carol, dave]);
      const entry = await member(device, group, carol);
      assert.equal(entry.inviterUserID, bob.userID);
      assert.equal(entry.roleLevel, Role.member);
      const found = await history(device, conversationID);
      assert.deepEqual(said(found), ['one', 'two', 'three', 'welcome']);
      const types = found.map(({ contentType }) => contentType).filter((type) => type > 1000);
      assert.deepEqual(types.slice(1), [MEMBER_ENTERED, MEMBER_INVITED]);
    }
    assert.deepEqual(await applications(owner), []);
  },

  'who was removed hears nothing more, keeps what was heard, and may come back to all of it':
    async (stage) => {
      const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
      const devices = await stage.devices(alice, bob, carol);
      const [owner, admin, ordinary] = devices;
      const group = await commonGroup(owner, { admins: [bob], members: [carol], known: devices });
      const conversationID = chatIn(group);
      const before = await sendText(owner, group, 'before');
      await received(ordinary, before.clientMsgID);

      await assert.rejects(kick(ordinary, group, [bob]), { errCode: NO_PERMISSION });
      await kick(admin, group, [carol]);
      await ordinary.waitFor('OnJoinedGroupDeleted', ({ groupID }) => groupID === group.groupID);
      await owner.waitFor('OnGroupMemberDeleted', ({ userID }) => userID === carol.userID);
      for (const device of [owner, admin]) await membersAre(device, group, [alice, bob]);
      const without = await sendText(owner, group, 'without carol');
      await received(admin, without.clientMsgID);
      const told = (found) => found.at(-1)?.contentType === MEMBER_KICKED;
      await ordinary.until(() => history(ordinary, conversationID), told, { what: 'the notice' });
      const refused = { errCode: NOT_IN_GROUP };
      await assert.rejects(sendText(ordinary, group, 'let me speak'), refused);

      const anew = await carol.freshDevice('other');
      for (const device of [ordinary, anew]) {
        await left(device, group);
        assert.deepEqual(said(await history(device, conversationID)), ['before']);
      }

      await invite(owner, group, [carol]);
      const after = await sendText(admin, group, 'welcome back');
      for (const device of [ordinary, anew]) {
        await joined(device, group, (entry) => entry?.memberCount === 3);
        await inHistory(device, conversationID, after.clientMsgID);
        const whole = ['before', 'without carol', 'welcome back'];
        assert.deepEqual(said(await history(device, conversationID)), whole);
      }
    },

  'who quits is gone for all the others and keeps the history': async (stage) => {
    const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
    const devices = await stage.devices(alice, bob, carol);
    const [owner, quitter, ordinary] = devices;
    const group = await commonGroup(owner, { members: [bob, carol], known: devices });
    const conversationID = chatIn(group);
    const { clientMsgID } = await sendText(quitter, group, 'goodbye');
    for (const device of [owner, ordinary]) await received(device, clientMsgID);
    await ordinary.close();

    await quitter.call('quitGroup', group.groupID);
    await quitter.waitFor('OnJoinedGroupDeleted', ({ groupID }) => groupID === group.groupID);
    await left(quitter, group);
    await owner.waitFor('OnGroupMemberDeleted', ({ userID }) => userID === bob.userID);
    await carol.comeBack(ordinary);
    for (const device of [owner, ordinary]) {
      await membersAre(device, group, [alice, carol]);
      await joined(device, group, ({ memberCount }) => memberCount === 2);
      const told = (chat) => chat.latestMsg?.contentType === MEMBER_QUIT;
      await conversation(device, conversationID, told);
    }
    await sendText(owner, group, 'without bob');
    const anew = await bob.freshDevice('other');
    for (const device of [quitter, anew]) {
      assert.deepEqual(said(await history(device, conversationID)), ['goodbye']);
    }
  },
};
