//! A short fuzz run on stable: the targets of `fuzz/` over mutated golden inputs.
//! The mutator is seeded, so a failure repeats; the real fuzzers go deeper.

use crate::golden;
use prost::Message as _;
use wire::openim::envelope::{Encoding, decode_request, encode_request};
use wire::openim::proto::MsgData;
use wire::openim::{fuzzing, gzip};

const ROUNDS: usize = 50_000;

/// xorshift64*: enough chance for a mutator, and the same on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, bound: usize) -> usize {
        self.next() as usize % bound.max(1)
    }
}

fn run(seed: u64, inputs: &[Vec<u8>], target: fn(&[u8])) {
    let mut random = Random(seed);
    for input in inputs {
        target(input);
    }
    for _ in 0..ROUNDS {
        let mut bytes = inputs[random.below(inputs.len())].clone();
        for _ in 0..=random.below(4) {
            mutate(&mut bytes, &mut random);
        }
        target(&bytes);
    }
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    const EDGES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xf8, 0xf7, 0xfe, 0xff];
    let at = random.below(bytes.len());
    match random.below(6) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, random.next() as u8),
        2 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
        3 if !bytes.is_empty() => bytes[at] = EDGES[random.below(EDGES.len())],
        4 if !bytes.is_empty() => drop(bytes.remove(at)),
        _ => {
            let end = (at + random.below(16)).min(bytes.len());
            let copied = bytes[at..end].to_vec();
            let to = random.below(bytes.len());
            bytes.splice(to..to, copied);
        }
    }
}

#[test]
fn gob_request() {
    run(
        1,
        &[
            golden::request_1001(),
            golden::request_1003(),
            golden::push_2001(),
        ],
        fuzzing::gob_request,
    );
}

#[test]
fn envelope_request() {
    let gob = Encoding::ALL[0];
    let request = decode_request(&golden::request_1003(), gob, 1 << 20).unwrap();
    let mut inputs: Vec<_> = Encoding::ALL
        .map(|encoding| encode_request(&request, encoding).to_vec())
        .into();
    inputs.push(golden::request_1001_gzip());
    run(2, &inputs, fuzzing::envelope_request);
}

#[test]
fn gzip_frame() {
    let inputs = [
        golden::request_1001_gzip(),
        gzip::compress(&golden::push_2001()),
        gzip::compress(&golden::push_2001().repeat(20)),
    ];
    run(3, &inputs, fuzzing::gzip_frame);
}

#[test]
fn proto_msg() {
    let request = decode_request(&golden::request_1003(), Encoding::ALL[0], 1 << 20).unwrap();
    let mut message = MsgData::decode(request.data.clone()).unwrap();
    message.options.insert("history".to_owned(), false);
    message.at_user_id_list = vec!["bob".to_owned(), "carol".to_owned()];
    run(
        4,
        &[request.data.to_vec(), message.encode_to_vec()],
        fuzzing::proto_msg,
    );
}
