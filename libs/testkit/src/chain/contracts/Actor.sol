// SPDX-License-Identifier: UNLICENSED
pragma solidity ^0.8.20;

// Does and says what it is told, from the address at which it stands: a step is a call of another
// contract, or (to nobody) a log. Stands for the venue's contracts, whose own code is not ours to
// ship, and repeats recorded receipts log by log.
contract Actor {
    struct Step {
        address to;
        bytes32[] topics;
        bytes data;
    }

    function act(Step[] calldata steps) external {
        for (uint256 i = 0; i < steps.length; i++) {
            if (steps[i].to == address(0)) {
                say(steps[i].topics, steps[i].data);
                continue;
            }
            (bool done, bytes memory answer) = steps[i].to.call(steps[i].data);
            if (!done) {
                assembly {
                    revert(add(answer, 32), mload(answer))
                }
            }
        }
    }

    function say(bytes32[] calldata topics, bytes memory body) private {
        bytes32 a = topics.length > 0 ? topics[0] : bytes32(0);
        bytes32 b = topics.length > 1 ? topics[1] : bytes32(0);
        bytes32 c = topics.length > 2 ? topics[2] : bytes32(0);
        bytes32 d = topics.length > 3 ? topics[3] : bytes32(0);
        uint256 count = topics.length;
        assembly {
            let start := add(body, 32)
            let size := mload(body)
            switch count
            case 0 { log0(start, size) }
            case 1 { log1(start, size, a) }
            case 2 { log2(start, size, a, b) }
            case 3 { log3(start, size, a, b, c) }
            default { log4(start, size, a, b, c, d) }
        }
    }

    // Takes shares of whoever gives them.
    function onERC1155Received(address, address, uint256, uint256, bytes calldata)
        external
        pure
        returns (bytes4)
    {
        return this.onERC1155Received.selector;
    }

    function onERC1155BatchReceived(
        address,
        address,
        uint256[] calldata,
        uint256[] calldata,
        bytes calldata
    ) external pure returns (bytes4) {
        return this.onERC1155BatchReceived.selector;
    }
}
