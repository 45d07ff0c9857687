//! Who asks: OpenIM tokens (`reference/openim/tokens.md`). A token is a JWT whose digest is kept with a login session;
//! an administrator's token is checked by its signature alone and cannot be revoked. This file turns a token into a
//! [`Caller`] and stops.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Domain;
use domain::caller::Caller;
use domain::ids::UserId;
use domain::sessions::{OpenSession, Platform, SessionCheck, TokenDigest};
use domain::time::Millis;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use sha2::{Digest, Sha256};
use wire::openim::errors;
use wire::openim::token::Claims;

use crate::errors::{Answer, Refusal};

/// Makes and reads tokens.
pub(crate) struct Tokens {
    secret: String,
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
    life: Duration,
    administrators: Vec<String>,
}

/// A token and how long it lives.
pub(crate) struct IssuedToken {
    pub token: String,
    pub life: Duration,
}

impl Tokens {
    pub(crate) fn new(secret: String, life: Duration, administrators: Vec<String>) -> Self {
        // Times are checked here, against the domain's clock and in the original's order.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        Self {
            signing: EncodingKey::from_secret(secret.as_bytes()),
            checking: DecodingKey::from_secret(secret.as_bytes()),
            secret,
            validation,
            life,
            administrators,
        }
    }

    pub(crate) fn is_secret(&self, secret: &str) -> bool {
        // Digests are compared, so that the time taken tells nothing of the secret.
        Sha256::digest(secret) == Sha256::digest(&self.secret)
    }

    pub(crate) fn is_administrator(&self, user_id: &str) -> bool {
        self.administrators.iter().any(|id| id == user_id)
    }

    /// A token for an administrator; nothing is stored of it.
    pub(crate) fn issue_admin(&self, user_id: &str, now: Millis) -> Answer<IssuedToken> {
        self.issue(user_id, Platform::Admin, now)
    }

    /// A token for a user's device, and the session behind it.
    pub(crate) async fn issue_user(
        &self,
        domain: &Domain,
        caller: &Caller,
        user_id: UserId,
        platform: Platform,
    ) -> Answer<IssuedToken> {
        let now = domain.now();
        let issued = self.issue(user_id.as_str(), platform, now)?;
        domain
            .open_session(
                caller,
                OpenSession {
                    user_id,
                    platform,
                    digest: digest(&issued.token),
                    expires_at: now + self.life.as_millis() as Millis,
                },
            )
            .await?;
        Ok(issued)
    }

    fn issue(&self, user_id: &str, platform: Platform, now: Millis) -> Answer<IssuedToken> {
        let seconds = now / 1000;
        let claims = Claims {
            user_id: user_id.to_owned(),
            platform_id: platform.number(),
            exp: seconds + self.life.as_secs() as i64,
            iat: seconds - 5,
            jti: nonce()?,
        };
        let token = jsonwebtoken::encode(&Header::default(), &claims, &self.signing)
            .map_err(|error| Refusal::new(errors::SERVER_INTERNAL_ERROR, error.to_string()))?;
        Ok(IssuedToken {
            token,
            life: self.life,
        })
    }

    /// Reads a token and checks everything but its session, in the original's order: form, expiry, time of issue,
    /// signature.
    pub(crate) fn read(&self, token: &str, now: Millis) -> Answer<Claims> {
        let claims = unverified_claims(token).ok_or_else(|| {
            Refusal::new(errors::TOKEN_MALFORMED_ERROR, "the token cannot be read")
        })?;
        let now = now / 1000;
        if claims.exp <= now {
            return Err(Refusal::new(
                errors::TOKEN_EXPIRED_ERROR,
                "the token has expired",
            ));
        }
        if claims.iat > now {
            return Err(Refusal::new(
                errors::TOKEN_UNKNOWN_ERROR,
                "the token was used before it was issued",
            ));
        }
        jsonwebtoken::decode::<Claims>(token, &self.checking, &self.validation)
            .map_err(|error| Refusal::new(errors::TOKEN_UNKNOWN_ERROR, error.to_string()))?;
        Ok(claims)
    }

    /// Proves who holds a token.
    pub(crate) async fn authenticate(&self, domain: &Domain, token: &str) -> Answer<Caller> {
        let claims = self.read(token, domain.now())?;
        let unknown = || Refusal::new(errors::TOKEN_NOT_EXIST_ERROR, "the token is not known");
        let user_id = UserId::new(claims.user_id).ok_or_else(unknown)?;
        if self.is_administrator(user_id.as_str()) {
            return Ok(Caller::administrator(
                &*domain.find_account(&user_id).await?,
            ));
        }
        let platform = Platform::from_number(claims.platform_id.into()).ok_or_else(unknown)?;
        match domain
            .check_session(&user_id, platform, &digest(token))
            .await?
        {
            SessionCheck::Live { account, session } => {
                Ok(Caller::user(&account, session, platform))
            }
            SessionCheck::Kicked => Err(Refusal::new(
                errors::TOKEN_KICKED_ERROR,
                "another login ended this session",
            )),
            SessionCheck::Unknown => Err(unknown()),
        }
    }
}

fn digest(token: &str) -> TokenDigest {
    Sha256::digest(token).into()
}

fn unverified_claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

/// 128 bits that nobody can guess, as hexadecimal.
fn nonce() -> Answer<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Refusal::new(errors::SERVER_INTERNAL_ERROR, error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_800_000_000_000;

    fn tokens(secret: &str) -> Tokens {
        Tokens::new(
            secret.to_owned(),
            Duration::from_secs(100),
            vec!["imAdmin".to_owned()],
        )
    }

    fn code(answer: Answer<Claims>) -> i32 {
        answer.err().map_or(0, |refusal| refusal.code)
    }

    #[test]
    fn a_token_says_who_and_is_refused_by_code() {
        let (ours, theirs) = (tokens("one"), tokens("other"));
        let token = ours
            .issue("alice", Platform::Linux, NOW)
            .expect("issued")
            .token;
        let claims = ours.read(&token, NOW).expect("valid");
        assert_eq!((claims.user_id.as_str(), claims.platform_id), ("alice", 7));
        assert_eq!(code(theirs.read(&token, NOW)), 1505);
        assert_eq!(code(ours.read(&token, NOW + 101_000)), 1501);
        assert_eq!(code(theirs.read(&token, NOW + 101_000)), 1501);
        assert_eq!(code(ours.read(&token, NOW - 10_000)), 1505);
        for broken in ["", "a.b.c", "x", &token[..20], &format!("{token}.x")] {
            assert_eq!(code(ours.read(broken, NOW)), 1503, "{broken}");
        }
    }

    #[test]
    fn two_tokens_of_one_second_differ() {
        let tokens = tokens("one");
        let one = tokens
            .issue("alice", Platform::Linux, NOW)
            .expect("issued")
            .token;
        assert_ne!(
            one,
            tokens
                .issue("alice", Platform::Linux, NOW)
                .expect("issued")
                .token
        );
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        let tokens = tokens("one");
        let token = tokens
            .issue("alice", Platform::Linux, NOW)
            .expect("issued")
            .token;
        let claims = token.split('.').nth(1).expect("claims");
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        assert_eq!(code(tokens.read(&format!("{none}.{claims}."), NOW)), 1505);
    }
}
