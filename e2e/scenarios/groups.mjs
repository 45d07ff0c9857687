// Groups from making one to dismissing it: what its members see of it, its roles, its silence.
// How one gets in and out is in membership.mjs, what is said there in group-messages.mjs.
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
  Among,
  Role,
  commonGroup,
  createGroup,
  joined,
  left,
  member,
  members,
  membersAre,
  userIDs,
} from '../harness/circle.mjs';

const NO_PERMISSION = 1002;
const ARGUMENTS = 1001;
const GROUP_MUTED = 1403;
const MEMBER_MUTED = 1402;
const GROUP_CREATED = 1501;
const OWNER_TRANSFERRED = 1507;
const DISMISSED = 1511;
const DISMISSED_ALREADY = 1204;
const ANNOUNCEMENT = 1519;
const NAME_SET = 1520;
const STATUS_OK = 0;
const STATUS_MUTED = 3;
const AT_ANNOUNCEMENT = 4;
const CROWD = 120;

export const groups = {
  'a group made with members is known to all their devices': async (stage) => {
    const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
    const devices = await stage.devices(alice, bob, carol);
    devices.push(await alice.freshDevice('other'));
    const info = {
      groupName: 'Readers',
      introduction: 'books',
      faceURL: 'http://x/g.png',
      ex: 'e',
    };

    const group = await createGroup(devices[0], { admins: [bob], members: [carol], ...info });

    assert.equal(group.ownerUserID, alice.userID);
    assert.equal(group.memberCount, 3);
    const conversationID = chatIn(group);
    // The wasm SDK keeps the event to itself when the notice in the chat came first.
    const same = ({ groupID }) => groupID === group.groupID;
    await devices[0].waitFor('OnJoinedGroupAdded', same);
    for (const device of devices) {
      const added = await joined(device, group);
      for (const [key, value] of Object.entries(info)) assert.equal(added[key], value, key);
    }
    devices.push(await carol.freshDevice('other'));
    for (const device of devices) {
      await membersAre(device, group, [alice, bob, carol]);
      const roles = (await members(device, group)).map(({ userID, roleLevel }) => [
        userID,
        roleLevel,
      ]);
      const expected = [
        [alice.userID, Role.owner],
        [bob.userID, Role.admin],
        [carol.userID, Role.member],
      ];
      assert.deepEqual(roles, expected, `${device.label}: the members by rank`);
      const entry = await joined(device, group);
      assert.equal(entry.memberCount, 3);
      const opened = (chat) => chat.latestMsg?.contentType === GROUP_CREATED;
      const chat = await conversation(device, conversationID, opened);
      assert.equal(chat.showName, 'Readers');
      const [notice, ...more] = await history(device, conversationID);
      assert.equal(notice.contentType, GROUP_CREATED);
      assert.deepEqual(more, []);
      const detail = JSON.parse(notice.notificationElem.detail);
      assert.equal(detail.opUser.userID, alice.userID);
      assert.deepEqual(
        userIDs(detail.memberList).toSorted(),
        userIDs([alice, bob, carol]).toSorted(),
      );
    }
  },

  'name, announcement and the rest reach every member, from owner or admin only': async (stage) => {
    const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
    const devices = await stage.devices(alice, bob, carol);
    const [owner, admin, ordinary] = devices;
    const group = await commonGroup(owner, { admins: [bob], members: [carol], known: devices });
    const { groupID } = group;
    const conversationID = chatIn(group);
    const change = (device, changes) => device.call('setGroupInfo', { groupID, ...changes });

    await change(admin, { groupName: 'Writers' });
    await change(owner, { notification: 'read the rules' });
    await change(admin, { introduction: 'poems', ex: 'changed', applyMemberFriend: 1 });
    await assert.rejects(change(ordinary, { groupName: 'Mine' }), { errCode: NO_PERMISSION });
    await assert.rejects(change(owner, { groupName: '' }), { errCode: ARGUMENTS });

    const anew = await bob.freshDevice('other');
    for (const device of [...devices, anew]) {
      const entry = await joined(
        device,
        group,
        (now) => now?.introduction === 'poems' && now.notification === 'read the rules',
      );
      assert.equal(entry.groupName, 'Writers');
      assert.equal(entry.notificationUserID, alice.userID);
      assert.equal(entry.ex, 'changed');
      assert.equal(entry.applyMemberFriend, 1);
      const announced = ({ groupAtType }) => groupAtType === AT_ANNOUNCEMENT;
      if (device !== owner) await conversation(device, conversationID, announced);
      await conversation(device, conversationID, ({ showName }) => showName === 'Writers');
      const types = await device.until(
        async () => (await history(device, conversationID)).map((entry) => entry.contentType),
        (list) => list.length >= 3,
        { what: 'the notices in the history' },
      );
      assert.deepEqual(types, [GROUP_CREATED, NAME_SET, ANNOUNCEMENT]);
    }
    for (const device of devices) {
      await device.waitFor('OnGroupInfoChanged', (told) => told.introduction === 'poems');
    }
  },

  'roles go up and down, and each may only what the role allows': async (stage) => {
    const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
    const devices = await stage.devices(alice, bob, carol);
    const [owner, second, third] = devices;
    const group = await commonGroup(owner, { members: [bob, carol], known: devices });
    const { groupID } = group;
    const set = (device, { userID }, changes) =>
      device.call('setGroupMemberInfo', { groupID, userID, ...changes });

    await assert.rejects(set(second, carol, { nickname: 'C' }), { errCode: NO_PERMISSION });
    await assert.rejects(set(second, bob, { roleLevel: Role.admin }), { errCode: NO_PERMISSION });
    await set(owner, bob, { roleLevel: Role.admin });
    for (const device of devices) {
      const raised = (told) => told.userID === bob.userID && told.roleLevel === Role.admin;
      await device.waitFor('OnGroupMemberInfoChanged', raised);
      const leading = await members(device, group, Among.adminsAndOwner);
      assert.deepEqual(userIDs(leading).toSorted(), userIDs([alice, bob]).toSorted());
    }
    await set(second, carol, { nickname: 'Carol of the group', ex: 'noted' });
    await set(third, carol, { faceURL: 'http://files.example/carol.png' });
    for (const device of devices) {
      const entry = await member(device, group, carol, (now) => now?.faceURL !== '');
      assert.equal(entry.nickname, 'Carol of the group');
      assert.equal(entry.ex, 'noted');
    }
    await assert.rejects(set(second, alice, { nickname: 'Boss' }), { errCode: NO_PERMISSION });
    await assert.rejects(set(owner, bob, { roleLevel: Role.owner }), { errCode: NO_PERMISSION });

    await set(owner, bob, { roleLevel: Role.member });
    for (const device of devices) {
      await member(device, group, bob, ({ roleLevel }) => roleLevel === Role.member);
    }
    await assert.rejects(set(second, carol, { nickname: 'no more' }), { errCode: NO_PERMISSION });
  },

  'who is muted cannot speak until the end of it, the muted group only through its heads': async (
    stage,
  ) => {
    const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
    const devices = await stage.devices(alice, bob, carol);
    const [owner, admin, ordinary] = devices;
    const group = await commonGroup(owner, { admins: [bob], members: [carol], known: devices });
    const { groupID } = group;
    const muteCarol = (device, mutedSeconds) =>
      device.call('changeGroupMemberMute', { groupID, userID: carol.userID, mutedSeconds });
    const muteAll = (device, isMute) => device.call('changeGroupMute', { groupID, isMute });
    const heard = async (from) => {
      const { clientMsgID } = await sendText(from, group, `heard from ${from.userID}`);
      for (const device of devices) {
        if (device !== from) await received(device, clientMsgID);
      }
    };

    await muteCarol(admin, 600);
    for (const device of devices) {
      const muted = await member(device, group, carol, (now) => now?.muteEndTime > 0);
      assert.ok(muted.muteEndTime > Date.now(), 'muted for the next minutes');
    }
    await assert.rejects(sendText(ordinary, group, 'unheard'), { errCode: MEMBER_MUTED });
    await muteCarol(owner, 0);
    await member(ordinary, group, carol, ({ muteEndTime }) => muteEndTime <= Date.now());
    await heard(ordinary);

    await muteAll(admin, true);
    for (const device of devices) {
      await device.waitFor('OnGroupInfoChanged', ({ status }) => status === STATUS_MUTED);
    }
    await assert.rejects(sendText(ordinary, group, 'unheard'), { errCode: GROUP_MUTED });
    await heard(owner);
    await heard(admin);
    await assert.rejects(muteAll(ordinary, false), { errCode: NO_PERMISSION });
    await muteAll(owner, false);
    await joined(ordinary, group, ({ status }) => status === STATUS_OK);
    await heard(ordinary);
    const speakers = [carol, alice, bob, carol];
    assert.deepEqual(
      said(await history(ordinary, chatIn(group))),
      speakers.map(({ userID }) => `heard from ${userID}`),
    );
  },

  'a group changes hands, and its dismissal leaves the history readable': async (stage) => {
    const [alice, bob, carol] = await stage.accounts('alice', 'bob', 'carol');
    const devices = await stage.devices(alice, bob, carol);
    const [first, second, third] = devices;
    const group = await commonGroup(first, { members: [bob, carol], known: devices });
    const { groupID } = group;
    const conversationID = chatIn(group);

    await assert.rejects(first.call('quitGroup', groupID), { errCode: NO_PERMISSION });
    const handOver = (device) =>
      device.call('transferGroupOwner', { groupID, newOwnerUserID: bob.userID });
    await assert.rejects(handOver(third));
    await handOver(first);
    for (const device of devices) {
      await member(device, group, bob, ({ roleLevel }) => roleLevel === Role.owner);
      await member(device, group, alice, ({ roleLevel }) => roleLevel === Role.member);
      await joined(device, group, ({ ownerUserID }) => ownerUserID === bob.userID);
    }
    await assert.rejects(first.call('dismissGroup', groupID), { errCode: NO_PERMISSION });
    const { clientMsgID } = await sendText(first, group, 'the last word');
    for (const device of devices) await inHistory(device, conversationID, clientMsgID);

    await second.call('dismissGroup', groupID);
    for (const device of devices) {
      await device.waitFor('OnGroupDismissed', (told) => told.groupID === groupID);
      await left(device, group);
    }
    const anew = await carol.freshDevice('other');
    await left(anew, group);
    for (const device of [...devices, anew]) {
      const told = (entry) => entry.latestMsg?.contentType === DISMISSED;
      await conversation(device, conversationID, told);
      const found = await history(device, conversationID);
      const types = found.map(({ contentType }) => contentType);
      assert.deepEqual(types, [GROUP_CREATED, OWNER_TRANSFERRED, 101, DISMISSED]);
      assert.equal(found[2].textElem.content, 'the last word');
      await assert.rejects(sendText(device, group, 'too late'), { errCode: DISMISSED_ALREADY });
    }
  },

  'a large group is read by the page, filtered and searched': async (stage) => {
    const [alice, bob] = await stage.accounts('alice', 'bob');
    const crowd = Array.from({ length: CROWD }, (_, index) => ({
      userID: `${alice.userID}-${index}`,
      nickname: `Number ${index}`,
      faceURL: '',
    }));
    await stage.admin.registerUsers(crowd);
    const owner = await alice.freshDevice();
    const group = await createGroup(owner, {
      admins: [bob, ...crowd.slice(0, 3)],
      members: crowd.slice(3),
    });
    const everybody = [alice, bob, ...crowd];

    const admin = await bob.freshDevice();
    for (const device of [owner, admin]) {
      const entry = await joined(device, group);
      assert.equal(entry.memberCount, everybody.length);
      await membersAre(device, group, everybody);
      const count = async (filter) => (await members(device, group, filter)).length;
      assert.equal(await count(Among.owner), 1);
      assert.equal(await count(Among.admins), 4);
      assert.equal(await count(Among.ordinary), CROWD - 3);
      assert.equal(await count(Among.adminsAndOrdinary), CROWD + 1);
      assert.equal(await count(Among.adminsAndOwner), 5);
      const found = await device.call('searchGroupMembers', {
        groupID: group.groupID,
        keywordList: ['Number 11'],
        isSearchUserID: false,
        isSearchMemberNickname: true,
        offset: 0,
        count: 50,
      });
      const named = crowd.filter(({ nickname }) => nickname.startsWith('Number 11'));
      assert.deepEqual(userIDs(found).toSorted(), userIDs(named).toSorted());
    }

    const inside = await owner.call('getUsersInGroup', {
      groupID: group.groupID,
      userIDList: [crowd[7].userID, `${alice.userID}-nobody`],
    });
    assert.deepEqual(inside, [crowd[7].userID]);
    assert.equal(await owner.call('isJoinGroup', group.groupID), true);
    const answer = await stage.admin.call('/group/get_group_member_list', {
      groupID: group.groupID,
      keyword: 'Number 119',
      pagination: { pageNumber: 1, showNumber: 10 },
    });
    assert.deepEqual(userIDs(answer.members), [crowd[119].userID]);
  },
};
