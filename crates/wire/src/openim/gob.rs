//! Go's `encoding/gob`, as far as the two socket envelopes need it (websocket.md §3).
//! Every frame is a stream of its own: a type definition, then one value. Writing copies a constant
//! definition; reading accepts any type id, field order and extra fields of basic kinds, borrows and allocates nothing.

use super::envelope::{RequestRef, ResponseRef};

/// Why a gob stream was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GobError {
    #[error("the stream ends inside an item")]
    Truncated,
    #[error("bytes are left over after the value")]
    Trailing,
    #[error("a number is out of its range")]
    Number,
    #[error("a string is not UTF-8")]
    Text,
    #[error("a type definition is malformed")]
    Definition,
    #[error("more than {DEFINITIONS_MAX} type definitions")]
    TooManyDefinitions,
    #[error("the value's type was not defined as a struct")]
    UndefinedType,
    #[error("a field index is beyond the definition")]
    FieldIndex,
    #[error("an envelope field has another kind than the protocol says")]
    Kind,
    #[error("a field of a compound type cannot be skipped")]
    Unsupported,
}

/// Length in bytes of the gob stream of `response`; what [`put_response`] appends.
pub fn response_len(response: &ResponseRef<'_>) -> usize {
    RESPONSE_DEFINITION.len() + message_len(value_len(&response_fields(response)))
}

/// Appends the gob stream of `response`: the definition of websocket.md §3.3 and the value.
pub fn put_response(out: &mut Vec<u8>, response: &ResponseRef<'_>) {
    out.extend_from_slice(RESPONSE_DEFINITION);
    put_value(out, RESPONSE_TYPE, &response_fields(response));
}

/// Length in bytes of the gob stream of `request`; what [`put_request`] appends.
pub fn request_len(request: &RequestRef<'_>) -> usize {
    REQUEST_DEFINITION.len() + message_len(value_len(&request_fields(request)))
}

/// Appends the gob stream of `request`, byte for byte as the native client writes it (§3.1, §3.2).
pub fn put_request(out: &mut Vec<u8>, request: &RequestRef<'_>) {
    out.extend_from_slice(REQUEST_DEFINITION);
    put_value(out, REQUEST_TYPE, &request_fields(request));
}

/// Reads a request envelope. Missing fields are zero, unknown ones are skipped.
pub fn decode_request(stream: &[u8]) -> Result<RequestRef<'_>, GobError> {
    let mut request = RequestRef::default();
    decode(stream, |name, value| {
        match name {
            b"ReqIdentifier" => request.req_identifier = value.int32()?,
            b"Token" => request.token = value.text()?,
            b"SendID" => request.send_id = value.text()?,
            b"OperationID" => request.operation_id = value.text()?,
            b"MsgIncr" => request.msg_incr = value.text()?,
            b"Data" => request.data = value.bytes()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(request)
}

/// Reads a response envelope; the client's half of [`put_response`].
pub fn decode_response(stream: &[u8]) -> Result<ResponseRef<'_>, GobError> {
    let mut response = ResponseRef::default();
    decode(stream, |name, value| {
        match name {
            b"ReqIdentifier" => response.req_identifier = value.int32()?,
            b"MsgIncr" => response.msg_incr = value.text()?,
            b"OperationID" => response.operation_id = value.text()?,
            b"ErrCode" => response.err_code = value.int32()?,
            b"ErrMsg" => response.err_msg = value.text()?,
            b"Data" => response.data = value.bytes()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(response)
}

/// §3.1: `GeneralWsReq`, type 64.
const REQUEST_DEFINITION: &[u8; 102] =
    b"\x65\x7f\x03\x01\x01\x0cGeneralWsReq\x01\xff\x80\x00\x01\x06\
    \x01\x0dReqIdentifier\x01\x04\x00\
    \x01\x05Token\x01\x0c\x00\
    \x01\x06SendID\x01\x0c\x00\
    \x01\x0bOperationID\x01\x0c\x00\
    \x01\x07MsgIncr\x01\x0c\x00\
    \x01\x04Data\x01\x0a\x00\
    \x00\x00";
const REQUEST_TYPE: i64 = 64;

/// §3.3: `Resp`, type 65.
const RESPONSE_DEFINITION: &[u8; 97] = b"\x60\xff\x81\x03\x01\x01\x04Resp\x01\xff\x82\x00\x01\x06\
    \x01\x0dReqIdentifier\x01\x04\x00\
    \x01\x07MsgIncr\x01\x0c\x00\
    \x01\x0bOperationID\x01\x0c\x00\
    \x01\x07ErrCode\x01\x04\x00\
    \x01\x06ErrMsg\x01\x0c\x00\
    \x01\x04Data\x01\x0a\x00\
    \x00\x00";
const RESPONSE_TYPE: i64 = 65;

/// One field of an envelope on its way out.
#[derive(Clone, Copy)]
enum Field<'a> {
    Int(i64),
    Bytes(&'a [u8]),
}

/// In the order of [`REQUEST_DEFINITION`]: a field's place is its index on the wire.
fn request_fields<'a>(request: &RequestRef<'a>) -> [Field<'a>; 6] {
    [
        Field::Int(request.req_identifier.into()),
        Field::Bytes(request.token.as_bytes()),
        Field::Bytes(request.send_id.as_bytes()),
        Field::Bytes(request.operation_id.as_bytes()),
        Field::Bytes(request.msg_incr.as_bytes()),
        Field::Bytes(request.data),
    ]
}

/// In the order of [`RESPONSE_DEFINITION`].
fn response_fields<'a>(response: &ResponseRef<'a>) -> [Field<'a>; 6] {
    [
        Field::Int(response.req_identifier.into()),
        Field::Bytes(response.msg_incr.as_bytes()),
        Field::Bytes(response.operation_id.as_bytes()),
        Field::Int(response.err_code.into()),
        Field::Bytes(response.err_msg.as_bytes()),
        Field::Bytes(response.data),
    ]
}

impl Field<'_> {
    /// Zero values are not on the wire.
    fn is_zero(self) -> bool {
        match self {
            Field::Int(number) => number == 0,
            Field::Bytes(bytes) => bytes.is_empty(),
        }
    }

    fn len(self) -> usize {
        match self {
            Field::Int(number) => uint_len(zigzag(number)),
            Field::Bytes(bytes) => uint_len(bytes.len() as u64) + bytes.len(),
        }
    }
}

/// Length of a value's body: both type ids take two bytes, each delta one, the terminator one.
fn value_len(fields: &[Field<'_>]) -> usize {
    let present = fields.iter().filter(|field| !field.is_zero());
    2 + present.map(|field| 1 + field.len()).sum::<usize>() + 1
}

fn message_len(body_len: usize) -> usize {
    uint_len(body_len as u64) + body_len
}

fn put_value(out: &mut Vec<u8>, type_id: i64, fields: &[Field<'_>]) {
    put_uint(out, value_len(fields) as u64);
    put_uint(out, zigzag(type_id));
    let mut delta = 0;
    for field in fields {
        delta += 1;
        if field.is_zero() {
            continue;
        }
        put_uint(out, delta);
        delta = 0;
        match *field {
            Field::Int(number) => put_uint(out, zigzag(number)),
            Field::Bytes(bytes) => {
                put_uint(out, bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
        }
    }
    out.push(0);
}

/// Below 128 one byte; else the negated count of bytes, then the bytes, most significant first.
fn put_uint(out: &mut Vec<u8>, number: u64) {
    if number < 0x80 {
        out.push(number as u8);
        return;
    }
    let skipped = number.leading_zeros() as usize / 8;
    let bytes = &number.to_be_bytes()[skipped..];
    out.push((bytes.len() as u8).wrapping_neg());
    out.extend_from_slice(bytes);
}

fn uint_len(number: u64) -> usize {
    if number < 0x80 {
        1
    } else {
        9 - number.leading_zeros() as usize / 8
    }
}

/// Gob's signed numbers: the sign is the lowest bit, negative numbers are complemented.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Definitions one stream may hold. Clients send one; each costs a look when the value comes.
const DEFINITIONS_MAX: usize = 8;

/// Ids of the predefined types (`encoding/gob/type.go`).
mod kind {
    pub(super) const BOOL: i64 = 1;
    pub(super) const INT: i64 = 2;
    pub(super) const UINT: i64 = 3;
    pub(super) const FLOAT: i64 = 4;
    pub(super) const BYTES: i64 = 5;
    pub(super) const STRING: i64 = 6;
    pub(super) const COMPLEX: i64 = 7;
}

/// One decoded field of a basic kind.
enum Value<'a> {
    Int(i64),
    Bytes(&'a [u8]),
    Text(&'a [u8]),
    /// A kind no envelope field has; read only to get past it.
    Skipped,
}

impl<'a> Value<'a> {
    fn int32(self) -> Result<i32, GobError> {
        match self {
            Value::Int(number) => i32::try_from(number).map_err(|_| GobError::Number),
            Value::Bytes(_) | Value::Text(_) | Value::Skipped => Err(GobError::Kind),
        }
    }

    fn bytes(self) -> Result<&'a [u8], GobError> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            Value::Int(_) | Value::Text(_) | Value::Skipped => Err(GobError::Kind),
        }
    }

    fn text(self) -> Result<&'a str, GobError> {
        match self {
            Value::Text(bytes) => str::from_utf8(bytes).map_err(|_| GobError::Text),
            Value::Int(_) | Value::Bytes(_) | Value::Skipped => Err(GobError::Kind),
        }
    }
}

/// Reads definitions until the value comes, and hands each of its fields to `take` by name.
fn decode<'a>(
    stream: &'a [u8],
    mut take: impl FnMut(&'a [u8], Value<'a>) -> Result<(), GobError>,
) -> Result<(), GobError> {
    let mut stream = Cursor(stream);
    let mut definitions: [(i64, Cursor<'a>); DEFINITIONS_MAX] = [(0, Cursor(&[])); DEFINITIONS_MAX];
    let mut defined = 0;
    loop {
        let mut message = Cursor(stream.counted()?);
        let type_id = message.int()?;
        if type_id >= 0 {
            // The last definition of an id counts; unused slots hold id 0, which is no type.
            let mut known = definitions[..defined].iter().rev();
            let (_, definition) = known
                .find(|(id, _)| *id == type_id)
                .ok_or(GobError::UndefinedType)?;
            struct_value(&mut message, struct_fields(*definition)?, &mut take)?;
            return if message.0.is_empty() && stream.0.is_empty() {
                Ok(())
            } else {
                Err(GobError::Trailing)
            };
        }
        let slot = definitions
            .get_mut(defined)
            .ok_or(GobError::TooManyDefinitions)?;
        *slot = (type_id.checked_neg().ok_or(GobError::Number)?, message);
        defined += 1;
    }
}

/// The field list of a struct definition, still encoded. It is read again, beside the value, by [`FieldNames`].
struct FieldNames<'a> {
    left: u64,
    encoded: Cursor<'a>,
}

/// Finds the field list in a `wireType` (§3, "wireType layout"). Other definitions than structs are no use here.
fn struct_fields(mut definition: Cursor<'_>) -> Result<FieldNames<'_>, GobError> {
    // wireType.StructT is field 2.
    if definition.uint()? != 3 {
        return Err(GobError::UndefinedType);
    }
    let mut delta = definition.uint()?;
    if delta == 1 {
        skip_common_type(&mut definition)?;
        delta = definition.uint()?;
    } else if delta == 2 {
        // A struct type without a name and id: legal gob, though Go never writes it.
        delta = 1;
    }
    match delta {
        0 => Ok(FieldNames {
            left: 0,
            encoded: Cursor(&[]),
        }),
        1 => Ok(FieldNames {
            left: definition.uint()?,
            encoded: definition,
        }),
        _ => Err(GobError::Definition),
    }
}

/// `CommonType { Name string, Id int }`.
fn skip_common_type(definition: &mut Cursor<'_>) -> Result<(), GobError> {
    name_and_id(definition).map(|_| ())
}

/// Both `CommonType` and `fieldType` are a string at index 0 and a type id at index 1.
fn name_and_id<'a>(definition: &mut Cursor<'a>) -> Result<(&'a [u8], i64), GobError> {
    let (mut name, mut id) = (&[][..], 0);
    let mut index = 0;
    loop {
        let delta = definition.uint()?;
        if delta == 0 {
            return Ok((name, id));
        }
        index += delta.min(3);
        match index {
            1 => name = definition.counted()?,
            2 => id = definition.int()?,
            _ => return Err(GobError::Definition),
        }
    }
}

impl<'a> FieldNames<'a> {
    /// Skips `delta - 1` fields and returns name and type of the next.
    fn advance(&mut self, delta: u64) -> Result<(&'a [u8], i64), GobError> {
        if delta > self.left {
            return Err(GobError::FieldIndex);
        }
        for _ in 1..delta {
            name_and_id(&mut self.encoded)?;
        }
        self.left -= delta;
        name_and_id(&mut self.encoded)
    }
}

fn struct_value<'a>(
    message: &mut Cursor<'a>,
    mut names: FieldNames<'a>,
    take: &mut impl FnMut(&'a [u8], Value<'a>) -> Result<(), GobError>,
) -> Result<(), GobError> {
    loop {
        let delta = message.uint()?;
        if delta == 0 {
            return Ok(());
        }
        let (name, type_id) = names.advance(delta)?;
        take(name, message.value(type_id)?)?;
    }
}

/// The unread rest of an input.
#[derive(Clone, Copy)]
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], GobError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(GobError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn uint(&mut self) -> Result<u64, GobError> {
        let (&first, rest) = self.0.split_first().ok_or(GobError::Truncated)?;
        self.0 = rest;
        if first < 0x80 {
            return Ok(first.into());
        }
        let len = usize::from(first.wrapping_neg());
        if len > 8 {
            return Err(GobError::Number);
        }
        Ok(self
            .take(len)?
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn int(&mut self) -> Result<i64, GobError> {
        self.uint().map(unzigzag)
    }

    /// A length, then that many bytes.
    fn counted(&mut self) -> Result<&'a [u8], GobError> {
        let len = self.uint()?;
        self.take(usize::try_from(len).map_err(|_| GobError::Truncated)?)
    }

    fn value(&mut self, type_id: i64) -> Result<Value<'a>, GobError> {
        match type_id {
            kind::INT => self.int().map(Value::Int),
            kind::BYTES => self.counted().map(Value::Bytes),
            kind::STRING => self.counted().map(Value::Text),
            kind::BOOL | kind::UINT | kind::FLOAT => self.uint().map(|_| Value::Skipped),
            kind::COMPLEX => {
                self.uint()?;
                self.uint().map(|_| Value::Skipped)
            }
            _ => Err(GobError::Unsupported),
        }
    }
}
