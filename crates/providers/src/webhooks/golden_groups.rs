//! The body of every hook about groups, to the member, and what answers change (`reference/openim/webhooks.md` §7).

use domain::groups::{
    ChangeGroup, ChangeMember, CreateGroup, Group, GroupRole, GroupStatus, InviteMembers,
    JoinGroup, JoinRule, JoinSource,
};
use domain::hooks::{Entrant, Hook, Question, Report};
use domain::ids::{ConversationKey, GroupId, GroupKey, UserId};
use serde_json::{Value, json};

use super::golden::{answered, asked, group_id, told, with};
use super::tests::user;

fn new_group() -> CreateGroup {
    CreateGroup {
        owner: user("alice"),
        administrators: vec![user("bob")],
        members: vec![user("carol")],
        id: None,
        name: "G".into(),
        announcement: "A".into(),
        introduction: "I".into(),
        face_url: "F".into(),
        ex: "E".into(),
        join_rule: JoinRule::AllApproved,
        hides_profiles: true,
        forbids_friends: false,
        says_so: true,
    }
}

fn group() -> Group {
    Group {
        key: GroupKey(1),
        id: group_id(),
        conversation: ConversationKey(1),
        name: "G".into(),
        announcement: "A".into(),
        announced_at: 4,
        announced_by: "alice".into(),
        introduction: "I".into(),
        face_url: "F".into(),
        ex: "E".into(),
        status: GroupStatus::Normal,
        join_rule: JoinRule::AllApproved,
        hides_profiles: true,
        forbids_friends: false,
        creator: "alice".into(),
        owner: "alice".into(),
        created_at: 3,
        member_count: 3,
    }
}

fn group_json() -> Value {
    json!({
        "groupID": "", "groupName": "G", "notification": "A", "introduction": "I", "faceURL": "F", "ownerUserID": "alice",
        "createTime": 0, "memberCount": 0, "ex": "E", "status": 0, "creatorUserID": "", "groupType": 2,
        "needVerification": 1, "lookMemberInfo": 1, "applyMemberFriend": 0, "notificationUpdateTime": 0,
        "notificationUserID": "",
        "initMemberList": [
            {"userID": "alice", "roleLevel": 100}, {"userID": "bob", "roleLevel": 60}, {"userID": "carol", "roleLevel": 20},
        ],
    })
}

#[test]
fn groups_that_are_made() {
    let mut new = new_group();
    let question = Question::CreateGroup(&mut new);
    assert_eq!(
        asked(Hook::BeforeCreateGroup, &question),
        with(
            group_json(),
            json!({"callbackCommand": "callbackBeforeCreateGroupCommand", "operationID": "op"})
        )
    );
    let answer = json!({
        "groupID": "chosen", "groupName": "N", "notification": "", "ownerUserID": "carol", "needVerification": 2,
        "lookMemberInfo": 0, "applyMemberFriend": 1, "ex": null, "status": 3, "creatorUserID": "x", "groupType": 1,
    });
    answered(question, &answer);
    assert_eq!(
        (new.id, &new.name[..], &new.announcement[..], &new.ex[..]),
        (GroupId::new("chosen"), "N", "", "E")
    );
    assert_eq!(
        (new.join_rule, new.hides_profiles, new.forbids_friends),
        (JoinRule::Open, false, true)
    );
    assert_eq!(
        (new.owner, new.members),
        (user("carol"), vec![user("alice")]),
        "the first owner stays a member"
    );

    let members: [(UserId, GroupRole); 3] = [
        (user("alice"), GroupRole::Owner),
        (user("bob"), GroupRole::Administrator),
        (user("carol"), GroupRole::Member),
    ];
    assert_eq!(
        told(
            Hook::AfterCreateGroup,
            &Report::GroupCreated {
                group: &group(),
                members: &members
            }
        ),
        with(
            group_json(),
            json!({
                "callbackCommand": "callbackAfterCreateGroupCommand", "groupID": "g1", "createTime": 3, "memberCount": 3,
                "creatorUserID": "alice", "notificationUpdateTime": 4, "notificationUserID": "alice",
            })
        )
    );
}

#[test]
fn members_who_come_and_go() {
    let (id, alice, bob) = (group_id(), user("alice"), user("bob"));
    let mut entrants = [Entrant {
        user_id: bob.clone(),
        ex: String::new(),
        nickname: None,
        face_url: None,
        role: None,
        muted_until: None,
    }];
    let question = Question::AddMembers {
        group: &id,
        group_ex: "E",
        entrants: &mut entrants,
    };
    assert_eq!(
        asked(Hook::BeforeMemberJoinGroup, &question),
        json!({"callbackCommand": "callbackBeforeMembersJoinGroupCommand", "groupID": "g1", "memberList": [{"userID": "bob", "ex": ""}], "groupEx": "E"})
    );
    let answer = json!({"memberCallbackList": [
        {"userID": "stranger", "nickname": "x"},
        {"userID": "bob", "nickname": "B", "roleLevel": 60, "muteEndTime": 99, "ex": "e", "faceURL": null},
    ]});
    answered(question, &answer);
    let [entrant] = &entrants;
    assert_eq!(
        (entrant.nickname.as_deref(), entrant.role),
        (Some("B"), Some(GroupRole::Administrator))
    );
    assert_eq!(
        (entrant.muted_until, &entrant.ex[..], &entrant.face_url),
        (Some(99), "e", &None)
    );

    let join = JoinGroup {
        group: id.clone(),
        applicant: bob.clone(),
        message: "please".into(),
        ex: "x".into(),
        source: JoinSource::QrCode,
    };
    assert_eq!(
        asked(Hook::BeforeApplyJoinGroup, &Question::JoinGroup(&join)),
        json!({"callbackCommand": "callbackBeforeJoinGroupCommand", "groupID": "g1", "groupType": "2", "applyID": "bob", "reqMessage": "please", "ex": "x"})
    );
    assert_eq!(
        told(Hook::AfterJoinGroup, &Report::Joined(&join)),
        json!({"callbackCommand": "callbackAfterJoinGroupCommand", "operationID": "op", "groupID": "g1", "reqMessage": "please", "joinSource": 4, "inviterUserID": ""})
    );
    let invite = InviteMembers {
        group: id.clone(),
        members: vec![bob.clone()],
        reason: "r".into(),
        says_so: true,
    };
    assert_eq!(
        asked(
            Hook::BeforeInviteUserToGroup,
            &Question::InviteMembers(&invite)
        ),
        json!({"callbackCommand": "callbackBeforeInviteJoinGroupCommand", "operationID": "op", "groupID": "g1", "reason": "r", "invitedUserIDs": ["bob"]})
    );
    assert_eq!(
        told(
            Hook::AfterQuitGroup,
            &Report::MemberQuit {
                group: &id,
                member: &bob
            }
        ),
        json!({"callbackCommand": "callbackAfterQuitGroupCommand", "groupID": "g1", "userID": "bob"})
    );
    let kicked = [bob.clone()];
    assert_eq!(
        told(
            Hook::AfterKickGroupMember,
            &Report::MembersKicked {
                group: &id,
                members: &kicked,
                reason: "r"
            }
        ),
        json!({"callbackCommand": "callbackAfterKickGroupCommand", "groupID": "g1", "kickedUserIDs": ["bob"], "reason": "r"})
    );
    assert_eq!(
        told(
            Hook::AfterDismissGroup,
            &Report::GroupDismissed {
                group: &group(),
                members: &kicked
            }
        ),
        json!({"callbackCommand": "callbackAfterDisMissGroupCommand", "groupID": "g1", "ownerID": "alice", "groupType": "2", "membersID": ["bob"]})
    );
    assert_eq!(
        told(
            Hook::AfterTransferGroupOwner,
            &Report::OwnerChanged {
                group: &id,
                from: &alice,
                to: &bob
            }
        ),
        json!({"callbackCommand": "callbackAfterTransferGroupOwnerCommand", "groupID": "g1", "oldOwnerUserID": "alice", "newOwnerUserID": "bob"})
    );
}

#[test]
fn changes_of_groups_and_members() {
    let mut change = ChangeMember {
        group: group_id(),
        member: user("bob"),
        nickname: Some("B".into()),
        face_url: None,
        ex: None,
        role: Some(GroupRole::Administrator),
    };
    let base = json!({"groupID": "g1", "userID": "bob", "nickName": "B", "faceURL": null, "roleLevel": 60, "ex": null});
    assert_eq!(
        told(
            Hook::AfterSetGroupMemberInfo,
            &Report::MemberChanged(&change)
        ),
        with(
            base.clone(),
            json!({"callbackCommand": "callbackAfterSetGroupMemberInfoCommand"})
        )
    );
    let question = Question::ChangeMember(&mut change);
    assert_eq!(
        asked(Hook::BeforeSetGroupMemberInfo, &question),
        with(
            base,
            json!({"callbackCommand": "callbackBeforeSetGroupMemberInfoCommand"})
        )
    );
    answered(question, &json!({"nickName": "BB", "roleLevel": 20}));
    assert_eq!(
        (change.nickname.as_deref(), change.role),
        (Some("BB"), Some(GroupRole::Member))
    );

    let mut change = ChangeGroup {
        group: group_id(),
        name: Some("N".into()),
        announcement: None,
        introduction: None,
        face_url: None,
        ex: None,
        join_rule: Some(JoinRule::Open),
        hides_profiles: None,
        forbids_friends: None,
    };
    let nothing = json!({
        "operationID": "op", "groupID": "g1", "groupName": "N", "notification": null, "introduction": null, "faceURL": null,
        "ex": null, "needVerification": 2, "lookMemberInfo": null, "applyMemberFriend": null,
    });
    let empty = json!({"notification": "", "introduction": "", "faceURL": ""});
    assert_eq!(
        told(Hook::AfterSetGroupInfoEx, &Report::GroupChanged(&change)),
        with(
            nothing.clone(),
            json!({"callbackCommand": "callbackAfterSetGroupInfoExCommand"})
        )
    );
    assert_eq!(
        told(Hook::AfterSetGroupInfo, &Report::GroupChanged(&change)),
        with(
            with(nothing.clone(), empty.clone()),
            json!({"callbackCommand": "callbackAfterSetGroupInfoCommand"})
        )
    );
    let question = Question::ChangeGroup(&mut change);
    assert_eq!(
        asked(Hook::BeforeSetGroupInfoEx, &question),
        with(
            nothing.clone(),
            json!({"callbackCommand": "callbackBeforeSetGroupInfoExCommand"})
        )
    );
    let zero = json!({"callbackCommand": "callbackBeforeSetGroupInfoCommand", "operationID": "", "ex": "", "lookMemberInfo": 0, "applyMemberFriend": 0});
    let echoed = with(with(nothing, empty), zero);
    assert_eq!(asked(Hook::BeforeSetGroupInfo, &question), echoed);

    // An echo changes nothing, neither does an answer that leaves everything out.
    let question = answered(question, &echoed);
    let question = answered(question, &json!({"actionCode": 0, "nextCode": 0}));
    assert_eq!(asked(Hook::BeforeSetGroupInfo, &question), echoed);
    answered(
        question,
        &json!({"groupName": "M", "introduction": "new", "needVerification": 0}),
    );
    assert_eq!(
        (change.name.as_deref(), change.introduction.as_deref()),
        (Some("M"), Some("new"))
    );
    assert_eq!(
        (change.announcement, change.join_rule, change.hides_profiles),
        (None, Some(JoinRule::ApplicantsApproved), None)
    );
}
